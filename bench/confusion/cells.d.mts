import type { Preset } from '../../src/lab/preset.ts';
import type { Cell } from './types.d.mts';

export function listCells(which: {
  seeds: number;
  firstSeed?: number;
  wants?: (label: string, isPair: boolean) => boolean;
}): Cell[];
export function listPairs(
  presets?: readonly Preset[],
): { label: string; presets: Preset[]; why?: string | undefined }[];
