import { join } from 'node:path';
import { isWithoutVerdict } from '../../../analysis/sites/judge.ts';
import type { FleetSummary, ProbeSummary, SiteSummary } from '../../../analysis/sites/types.ts';
import { EXIT, type ExitCode } from '../../../errors.ts';
import type { Link } from '../../../fleet/connect.ts';
import { type FleetEvent, REMOVED } from '../../../fleet/messages.ts';
import { type FleetRun, keepRun } from '../../../fleet/operator/fleet-run.ts';
import { followRun } from '../../../fleet/operator/follow-run.ts';
import { describeAwaited, formatLive } from '../../../fleet/operator/format-live.ts';
import type { LiveProbe } from '../../../fleet/operator/live-run.ts';
import { LinkWatch } from '../../../fleet/watch-link.ts';
import { openFleetRun } from '../../../read/fleet/list.ts';
import { readFleetSummary } from '../../../read/fleet/summary.ts';
import { hasTrouble } from '../../../read/fleet/trouble.ts';
import { readSummary } from '../../../read/summary.ts';
import { renderFleet } from '../../../render/fleet.ts';
import { markReceiving } from '../../../store/receiving-mark.ts';
import { withResultsFolder } from '../../../store/run-folder.ts';
import type { OperatorFlags } from '../../flags/fleet-options.ts';
import { resultsDir } from '../../flags/run-options.ts';
import { type Host, wantsColour } from '../../host.ts';
import { diagnoseCommand } from '../../output/diagnose-command.ts';
import { createFleetView } from '../../output/fleet-view.ts';
import { requireRun } from './find-run.ts';
import { withLink } from './with-link.ts';

/** Who waits without being shown anything is told for whom once nothing has come for so long. */
const QUIET_SEC = 10;

/** Follows a run until all of it is here or `signal` ends that, and prints what became of it. */
export async function receiveAndPrint(
  host: Host,
  link: Link,
  run: FleetRun,
  {
    results,
    signal,
    json = false,
    isLive = true,
    isStopped = () => false,
  }: {
    readonly results: string;
    readonly signal: AbortSignal;
    readonly json?: boolean;
    /** What each probe is doing is shown meanwhile. */
    readonly isLive?: boolean;
    /** Whether its probes have been asked to end. */
    readonly isStopped?: () => boolean;
  },
): Promise<ExitCode> {
  const view = createFleetView(host.stderr);
  const told = (probe: string, event: FleetEvent): void => view.say(`${probe}: ${inWords(event)}`);
  let isAwaitingTold = false;
  const ending = new AbortController();
  const watcher = {
    away: () => view.say('the server is away: it is tried again; probes keep what they record'),
    back: () => view.say('the server is there again'),
  };
  new LinkWatch(link, watcher, ending.signal);
  const taken = await markReceiving(join(results, run.id));
  try {
    await followRun(
      link,
      run,
      {
        told,
        revoked: (probe) => view.say(`${probe}: was revoked: nothing more comes of it`),
        silent: (probe) =>
          view.say(
            `${probe}: no word since the run should have ended: it is not waited for; "rushhour fleet pull ${run.id}" receives the rest once it is back`,
          ),
        live: (probes) => {
          if (isLive) view.show(formatLive(probes, run.startsAtMs, host.now(), host.stderr.columns));
          else if (!isAwaitingTold && host.now() > run.startsAtMs && probes.every(isOverOrQuiet)) {
            const awaited = describeAwaited(probes);
            isAwaitingTold = awaited !== '';
            if (isAwaitingTold)
              view.say(`waiting for ${awaited}; "fleet pull --no-wait" shows what there is`);
          }
        },
      },
      signal,
    );
    await keepRun(run, results);
  } finally {
    await taken();
    ending.abort();
    view.end();
  }
  const found = await openFleetRun(join(results, run.id));
  const summary = await readFleetSummary(found);
  if (json) {
    const parts = await Promise.all(
      run.parts.map(async (part) => {
        const own = part.copy === undefined ? undefined : await readSummary(part.dir).catch(() => undefined);
        return own === undefined ? part : { ...part, summary: own };
      }),
    );
    host.stdout.write(`${JSON.stringify({ ...run, parts, summary }, null, 2)}\n`);
  } else {
    const colour = wantsColour(host, host.stdout);
    const diagnose = diagnoseCommand(host, results);
    host.stdout.write(renderFleet(summary, { colour, width: host.stdout.columns, diagnose }));
  }
  host.stderr.write(sayGoesOn(summary, isStopped()));
  return exitCodeOf(summary);
}

/** Of a run that was left before its end, how it is ended or received; empty: it is over. */
function sayGoesOn({ run: { id, stage } }: FleetSummary, isStopped: boolean): string {
  if (stage === 'over') return '';
  const rest = `rushhour fleet pull ${id} receives the rest`;
  if (isStopped) return `rushhour: ${id} was asked to end: ${rest}\n`;
  const what = stage === 'waiting' ? 'has not begun' : 'goes on';
  return `rushhour: ${id} ${what}: rushhour fleet stop ${id} ends it, ${rest}\n`;
}

/** What comes first is what keeps the most from being said. */
export function exitCodeOf({
  probes,
  sites,
}: {
  readonly probes: readonly Pick<ProbeSummary, 'status' | 'trouble' | 'pass'>[];
  readonly sites: readonly Pick<SiteSummary, 'status'>[];
}): ExitCode {
  if (hasTrouble(probes)) return EXIT.environment;
  if (isWithoutVerdict(sites)) return EXIT.generatorLimited;
  return probes.some(({ pass }) => pass === false) ? EXIT.criteriaFailed : EXIT.ok;
}

/** Nothing more comes of it, or has come for a while. */
function isOverOrQuiet({ isOver, quietSec }: LiveProbe): boolean {
  return isOver === true || quietSec >= QUIET_SEC;
}

/**
 * Receives a run that was ordered before, until all of it is here or the user ends that.
 * @param how.isLive what each probe is doing is shown meanwhile; how.endAfterMs it ends by itself after so many milliseconds
 */
export async function receiveAgain(
  host: Host,
  id: string,
  flags: OperatorFlags & { readonly results?: string; readonly json?: boolean },
  { isLive, endAfterMs }: { readonly isLive: boolean; readonly endAfterMs?: number | undefined },
): Promise<ExitCode> {
  const results = resultsDir(host, flags.results);
  const receive = async (link: Link): Promise<ExitCode> => {
    const found = await requireRun(link, id, results);
    const ending = new AbortController();
    const release = host.onStopSignal(() => ending.abort());
    const timer = endAfterMs === undefined ? undefined : setTimeout(() => ending.abort(), endAfterMs);
    try {
      const json = flags.json === true;
      return await receiveAndPrint(host, link, found, { results, signal: ending.signal, json, isLive });
    } finally {
      clearTimeout(timer);
      release();
    }
  };
  return withResultsFolder(results, () => withLink(host, flags, receive));
}

/** What a probe told, for a line of its own; its words are not harmless yet. */
export function inWords(event: FleetEvent): string {
  switch (event.kind) {
    case 'accepted':
      return event.firstAtMs === undefined
        ? 'accepted'
        : `keeps it; the first night begins at ${new Date(event.firstAtMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
    case 'refused':
      return `refused: ${event.reasons.join('; ')}`;
    case 'started':
      return 'started';
    case 'ended':
      if (event.why === REMOVED) return 'removed';
      return event.why === undefined ? event.status : `${event.status} (${event.why})`;
  }
}
