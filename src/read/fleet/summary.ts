import { basename } from 'node:path';
import { listDeciding } from '../../analysis/compare/arm-figures.ts';
import type { ReducedRun } from '../../analysis/compare/ratio.ts';
import { summariseFleet } from '../../analysis/sites/summarise.ts';
import { findFalseCount } from '../../analysis/sites/sums.ts';
import type { FleetPart, FleetSummary, PartRun } from '../../analysis/sites/types.ts';
import type { Summary } from '../../analysis/types.ts';
import { epochMs } from '../../epoch-ms.ts';
import { RushhourError } from '../../errors.ts';
import { type FleetFilePart, labelOfWhole, partFolder } from '../../store/fleet-file.ts';
import { diagnoseRun } from '../diagnosis.ts';
import { readRunCounts } from '../time-series.ts';
import type { FoundFleetRun } from './list.ts';
import { joinLabels } from './parts.ts';
import { describeShort } from './recorded.ts';
import { describeStage, type Planned, planOf, stageOf } from './stage.ts';
import { findStillMissing } from './still-missing.ts';
import { ABSENT, statusOf, troubleOf } from './trouble.ts';

/** External addresses of one probe that are named. */
const MOST_ADDRESSES = 3;

/**
 * What became of a fleet's run, from fleet.json and the folders of its probes; nothing else is read.
 * @param isAnew whether each run is diagnosed again from its records, so that what was joined since counts
 * @param nowMs milliseconds since 1970: a run whose planned end has not come may go on
 */
export async function readFleetSummary(
  { dir, file }: FoundFleetRun,
  isAnew = false,
  nowMs = epochMs(),
): Promise<FleetSummary> {
  const parts: FleetPart[] = [];
  const times = { startsAtMs: file.startsAtMs, nowMs };
  // One after the other, and only what is reduced is kept: a night of each of hundreds of probes would not fit.
  for (const part of file.parts) parts.push(await readPart(dir, part, isAnew, times));
  for (const { probe, labels, why } of file.absent ?? []) {
    parts.push({
      ...{ probe, labels, status: why, stage: 'over', trouble: [ABSENT[why]] },
      ...{ start: undefined, folder: basename(partFolder(dir, probe)), run: undefined },
    });
  }
  const startsAtMs = file.startsAtMs === 0 ? undefined : file.startsAtMs;
  const labels = parts.flatMap(({ probe, run }) =>
    run === undefined ? [] : labelOfWhole(run.summary.run.label, probe, file.id),
  );
  return summariseFleet({ id: file.id, label: joinLabels(labels), startsAtMs }, parts);
}

async function readPart(
  dir: string,
  part: FleetFilePart,
  isAnew: boolean,
  times: { readonly startsAtMs: number; readonly nowMs: number },
): Promise<FleetPart> {
  const { probe, labels, skewMs, offset } = part;
  const folder = partFolder(dir, probe);
  const read = await readPartRun(folder, isAnew);
  const copy = part.copy === undefined ? undefined : await findStillMissing(folder, part.copy);
  const hasFolder = part.events.some(({ kind }) => kind === 'started');
  const { planned, recordedSec } = typeof read === 'string' ? {} : read;
  const stage = stageOf(part, { ...times, planned, recordedSec });
  return {
    ...{ probe, labels, status: statusOf(part), stage },
    trouble: [
      ...troubleOf(
        copy === undefined ? part : { ...part, copy },
        stage === 'over' ? undefined : describeStage(stage, planned, recordedSec),
      ),
      ...(typeof read === 'object' && read.short !== undefined && isCutShort(part) ? [read.short] : []),
      // Of one that has just begun, nothing may be here.
      ...(typeof read === 'string' && hasFolder && stage === 'over'
        ? [`its folder cannot be read: ${read}`]
        : []),
    ],
    start: skewMs === undefined ? undefined : { skewMs, errorMs: offset?.errorMs ?? 0 },
    ...{ folder: basename(folder), run: typeof read === 'string' ? undefined : read.run },
  };
}

/** Whether it failed, as on a full disk, and has sent what it recorded until then. */
function isCutShort(part: FleetFilePart): boolean {
  return part.copy?.hasEnded === true && statusOf(part) === 'failed';
}

interface ReadPart {
  readonly run: PartRun;
  readonly short: string | undefined;
  readonly planned: Planned;
  /** Undefined: of a soak, it is not known. */
  readonly recordedSec: number | undefined;
}

/** @returns why not, where it cannot be read */
async function readPartRun(dir: string, isAnew: boolean): Promise<ReadPart | string> {
  try {
    const { summary: stored, arms, scenario, recordedSec, soakUs } = await readRunCounts(dir);
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
      ...{ planned: planOf(scenario, soakUs), recordedSec },
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
