import { basename } from 'node:path';
import { listDeciding } from '../../analysis/compare/arm-figures.ts';
import type { ReducedRun } from '../../analysis/compare/ratio.ts';
import { summariseFleet } from '../../analysis/sites/summarise.ts';
import { findFalseCount } from '../../analysis/sites/sums.ts';
import type { FleetPart, FleetSummary, PartRun } from '../../analysis/sites/types.ts';
import type { Summary } from '../../analysis/types.ts';
import { RushhourError } from '../../errors.ts';
import { type FleetFilePart, labelOfWhole, partFolder } from '../../store/fleet-file.ts';
import { diagnoseRun } from '../diagnosis.ts';
import { readRunCounts } from '../time-series.ts';
import type { FoundFleetRun } from './list.ts';
import { joinLabels } from './parts.ts';
import { describeShort } from './recorded.ts';
import { findStillMissing } from './still-missing.ts';
import { ABSENT, statusOf, troubleOf } from './trouble.ts';

/** External addresses of one probe that are named. */
const MOST_ADDRESSES = 3;

/**
 * What became of a fleet's run, from fleet.json and the folders of its probes; nothing else is read.
 * @param isAnew whether each run is diagnosed again from its records, so that what was joined since counts
 */
export async function readFleetSummary({ dir, file }: FoundFleetRun, isAnew = false): Promise<FleetSummary> {
  const parts: FleetPart[] = [];
  // One after the other, and only what is reduced is kept: a night of each of hundreds of probes would not fit.
  for (const part of file.parts) parts.push(await readPart(dir, part, isAnew));
  for (const { probe, labels, why } of file.absent ?? []) {
    parts.push({
      ...{ probe, labels, status: why, trouble: [ABSENT[why]] },
      ...{ start: undefined, folder: basename(partFolder(dir, probe)), run: undefined },
    });
  }
  const startsAtMs = file.startsAtMs === 0 ? undefined : file.startsAtMs;
  const labels = parts.flatMap(({ probe, run }) =>
    run === undefined ? [] : labelOfWhole(run.summary.run.label, probe, file.id),
  );
  return summariseFleet({ id: file.id, label: joinLabels(labels), startsAtMs }, parts);
}

async function readPart(dir: string, part: FleetFilePart, isAnew: boolean): Promise<FleetPart> {
  const { probe, labels, skewMs, offset } = part;
  const folder = partFolder(dir, probe);
  const read = await readPartRun(folder, isAnew);
  const copy = part.copy === undefined ? undefined : await findStillMissing(folder, part.copy);
  const hasFolder = part.events.some(({ kind }) => kind === 'started');
  return {
    ...{ probe, labels, status: statusOf(part) },
    trouble: [
      ...troubleOf(copy === undefined ? part : { ...part, copy }),
      ...(typeof read === 'object' && read.short !== undefined && isCutShort(part) ? [read.short] : []),
      ...(typeof read === 'string' && hasFolder ? [`its folder cannot be read: ${read}`] : []),
    ],
    start: skewMs === undefined ? undefined : { skewMs, errorMs: offset?.errorMs ?? 0 },
    ...{ folder: basename(folder), run: typeof read === 'string' ? undefined : read.run },
  };
}

/** Whether it failed, as on a full disk, and has sent what it recorded until then. */
function isCutShort(part: FleetFilePart): boolean {
  return part.copy?.hasEnded === true && statusOf(part) === 'failed';
}

/** @returns why not, where it cannot be read */
async function readPartRun(
  dir: string,
  isAnew: boolean,
): Promise<{ readonly run: PartRun; readonly short: string | undefined } | string> {
  try {
    const { summary: stored, arms, scenario, recordedSec } = await readRunCounts(dir);
    const summary = isAnew ? { ...stored, diagnosis: (await diagnoseRun(dir)).diagnosis } : stored;
    const wrong = findFalseCount(summary);
    if (wrong !== undefined) return `${wrong} is no count`;
    const isConcluded = [...arms.values()].some(({ cells }) => cells.keys.includes('concluded'));
    const figures = listDeciding(isConcluded);
    const reduced = new Map<string, ReadonlyMap<string, ReducedRun>>();
    for (const [name, arm] of arms)
      reduced.set(name, new Map(figures.map((figure) => [figure.name, figure.reduce(arm)])));
    return {
      run: { summary, reduced, isConcluded, external: externalOf(summary) },
      short: recordedSec === undefined ? undefined : describeShort(scenario, recordedSec),
    };
  } catch (error) {
    if (!(error instanceof RushhourError)) throw error;
    return error.message;
  }
}

function externalOf({ far }: Summary): string | undefined {
  const { externalAddresses = [], externalAddressCount = 0 } = far?.nat ?? {};
  if (externalAddresses.length === 0) return undefined;
  const named = externalAddresses.slice(0, MOST_ADDRESSES);
  const more = externalAddressCount - named.length;
  return `${named.join(' ')}${more > 0 ? ` and ${more} more` : ''}`;
}
