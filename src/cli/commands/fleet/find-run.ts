import { join } from 'node:path';
import { UsageError } from '../../../errors.ts';
import type { Link } from '../../../fleet/connect.ts';
import type { FleetRun } from '../../../fleet/operator/fleet-run.ts';
import { ANY, FLEET_RUN_ID, STREAMS, SUBJECTS } from '../../../fleet/protocol.ts';
import { quoteTyped } from '../../../render/escape.ts';

/** Of the runs that the server has, so many are named to whoever asks for one that it does not have. */
const MOST_NAMED = 3;

/** @throws UsageError if it cannot be the id of a run, or if the server has nothing of it */
export async function requireRun(link: Link, id: string, resultsDir: string): Promise<FleetRun> {
  const [{ findRun }, { readFleetFile }] = await Promise.all([
    import('../../../fleet/operator/order-run.ts'),
    import('../../../store/fleet-file.ts'),
  ]);
  // It is the name of a folder as well.
  if (!FLEET_RUN_ID.test(id)) {
    throw new UsageError(`${quoteTyped(id)} is not the id of a fleet's run`, {
      hint: 'give it as "fleet run" printed it, such as 20250131-060000-steady-k3f9',
    });
  }
  const file = await readFleetFile(join(resultsDir, id));
  const kept = file.kind === 'whole' ? file.value : undefined;
  const found = await findRun(link, id, { resultsDir, kept });
  if (found !== undefined) return found;
  const latest = await latestRuns(link).catch(() => []);
  const has = latest.length === 0 ? 'it has none' : `the latest that it has: ${latest.join(', ')}`;
  throw new UsageError(`the server has nothing of a run ${id}`, {
    hint: `${has}; it keeps what probes send for 30 days; the nights of a soak have ids of their own ("rushhour fleet soak ls")`,
  });
}

/** Ids of runs that probes have sent something of. They begin with their time. */
async function latestRuns({ jetstream }: Link): Promise<string[]> {
  const manager = await jetstream.jetstreamManager();
  const { state } = await manager.streams.info(STREAMS.runs.name, {
    subjects_filter: SUBJECTS.run(ANY, ANY),
  });
  // Of one that was removed, the message that says what it was is left.
  const subjects = Object.entries(state.subjects ?? {}).flatMap(([subject, count]) =>
    count > 1 ? [subject] : [],
  );
  const ids = new Set(subjects.map((subject) => subject.split('.')[3] ?? ''));
  return [...ids]
    .filter((id) => FLEET_RUN_ID.test(id))
    .sort()
    .reverse()
    .slice(0, MOST_NAMED);
}
