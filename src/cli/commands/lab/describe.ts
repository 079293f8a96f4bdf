import type { LabState } from '../../../lab/index.ts';

export function describeLab({ id, preset, settings, createdAt, status }: LabState): string {
  const set = Object.entries(settings).map(([key, value]) => `${key}=${value}`);
  return `lab ${id}: ${preset} (${set.join(', ')}), ${status} since ${createdAt}`;
}
