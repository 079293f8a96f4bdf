import { REFUSED_FOR } from '../../analysis/sites/refusals.ts';
import type { PartStatus } from '../../analysis/sites/types.ts';
import type { AbsentProbe, FleetFilePart } from '../../store/fleet-file.ts';

/** Of files that were removed at a probe, so many are named. */
const MOST_LOST = 5;

/** How far a probe came with its order. */
export function statusOf({ events }: FleetFilePart): PartStatus {
  const last = events.find(({ kind }) => kind === 'ended' || kind === 'refused') ?? events.at(-1);
  if (last === undefined) return 'no-answer';
  return last.kind === 'ended' ? last.status : last.kind;
}

/**
 * Everything by which a probe's part is not what was ordered, in sentences without its name.
 * @param goesOn why more is to come, where it is: what has not arrived yet is not missing then
 */
export function troubleOf({ events, copy, isRevoked }: FleetFilePart, goesOn?: string): string[] {
  if (goesOn !== undefined) return [goesOn];
  const last = events.find(({ kind }) => kind === 'ended' || kind === 'refused');
  const hasBegun = events.some(({ kind }) => kind === 'started');
  return [
    ...(last === undefined
      ? [
          isRevoked
            ? 'was revoked before it told how it ended: nothing more comes'
            : 'has not told how it ended',
        ]
      : []),
    ...(last?.kind === 'refused' ? last.reasons.map((reason) => `${REFUSED_FOR}${reason}`) : []),
    ...(last?.kind === 'ended' && last.status !== 'complete'
      ? [`${last.status}${last.why === undefined ? '' : ` (${last.why})`}`]
      : []),
    ...(hasBegun && copy?.hasEnded !== true
      ? [`its folder has not arrived whole${isRevoked ? ': the rest of it is on the probe alone' : ' yet'}`]
      : []),
    ...lackOf(copy),
    ...(copy?.refused ?? []).map(
      (name) => `${JSON.stringify(name)} cannot be the name of a file of a run, and was not taken`,
    ),
  ];
}

/** What a folder lacks of what its probe recorded, or has otherwise. */
export function lackOf(copy: FleetFilePart['copy']): string[] {
  const { missing = [], differing = [], lost } = copy ?? {};
  return [
    ...missing.map(
      (bytes) =>
        `${missingInWords(bytes)}${bytes.isGivenUp === true ? ': the probe gave them up to make room (--keep-unsent)' : ''}`,
    ),
    ...differing.map((file) => `${file} differs from what the probe has`),
    ...(lost === undefined ? [] : [lostInWords(lost)]),
  ];
}

function lostInWords(lost: NonNullable<NonNullable<FleetFilePart['copy']>['lost']>): string {
  if (lost.length === 0) return 'its folder was removed at the probe before anything of it was sent';
  const named = lost.map(({ file, bytes }) => `${file} (bytes 0 to ${bytes} are here)`);
  const more = named.length > MOST_LOST ? ` and ${named.length - MOST_LOST} more` : '';
  return `removed at the probe before all of it was sent: ${named.slice(0, MOST_LOST).join(', ')}${more}`;
}

function missingInWords({
  file,
  fromByte,
  toByte,
}: NonNullable<FleetFilePart['copy']>['missing'][number]): string {
  if (toByte === 0) return `${file}, which is empty, is missing`;
  return `bytes ${fromByte} to ${toByte} of ${file} are missing`;
}

export const ABSENT: Readonly<Record<AbsentProbe['why'], string>> = {
  away: 'was away when the run was ordered',
  'no-answer': 'did not answer when the run was ordered',
};

/** Whether anything of what was ordered is missing. Probes that were away were not asked for anything. */
export function hasTrouble(
  probes: readonly { readonly status: PartStatus; readonly trouble: readonly string[] }[],
): boolean {
  return probes.some(({ status, trouble }) => status !== 'away' && trouble.length > 0);
}
