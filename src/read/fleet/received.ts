import type { FleetFilePart } from '../../store/fleet-file.ts';

/** Whether nothing more of a probe's part can arrive: it was refused, or it ended and all that the probe kept is here. */
export function isReceivedWhole({ events, copy }: Pick<FleetFilePart, 'events' | 'copy'>): boolean {
  const last = events.find(({ kind }) => kind === 'ended' || kind === 'refused');
  if (last === undefined) return false;
  return !events.some(({ kind }) => kind === 'started') || hasAll(copy);
}

/** Whether a folder has all that its probe recorded and has kept. */
export function hasAll(copy: FleetFilePart['copy']): boolean {
  if (copy === undefined || !copy.hasEnded || copy.differing.length > 0) return false;
  return copy.missing.every(({ isGivenUp }) => isGivenUp === true);
}
