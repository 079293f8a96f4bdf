import { join } from 'node:path';
import { isWithoutVerdict } from '../../../analysis/sites/judge.ts';
import type { FleetSummary } from '../../../analysis/sites/types.ts';
import { EXIT, type ExitCode, UsageError } from '../../../errors.ts';
import type { Link } from '../../../fleet/connect.ts';
import { keepRun } from '../../../fleet/operator/fleet-run.ts';
import { followRun } from '../../../fleet/operator/follow-run.ts';
import { readProbes } from '../../../fleet/operator/read-probes.ts';
import { findKeepers, findNights, whyNotKept } from '../../../fleet/operator/soaks.ts';
import { FLEET_RUN_ID } from '../../../fleet/protocol.ts';
import { openFleetRun } from '../../../read/fleet/list.ts';
import { isReceivedWhole } from '../../../read/fleet/received.ts';
import { readFleetSummary } from '../../../read/fleet/summary.ts';
import { hasTrouble } from '../../../read/fleet/trouble.ts';
import { escapeControls } from '../../../render/escape.ts';
import { formatNight } from '../../../render/fleet-night.ts';
import { readFleetFile } from '../../../store/fleet-file.ts';
import { markReceiving } from '../../../store/receiving-mark.ts';
import { withResultsFolder } from '../../../store/run-folder.ts';
import type { OperatorFlags } from '../../flags/fleet-options.ts';
import { resultsDir } from '../../flags/run-options.ts';
import type { Host } from '../../host.ts';
import { requireRun } from './find-run.ts';
import { withLink } from './with-link.ts';

/** What the server has of one night is here by then; milliseconds. */
const SOON_MS = 5_000;

/**
 * Receives every night of a soak that is not here whole, as far as the server has it, and prints a line for each.
 * @returns undefined if it is no soak's id, as far as anybody knows
 */
export async function receiveNights(
  host: Host,
  id: string,
  flags: OperatorFlags & { readonly results?: string; readonly json?: boolean },
): Promise<ExitCode | undefined> {
  if (!FLEET_RUN_ID.test(id)) return undefined;
  const results = resultsDir(host, flags.results);
  const receive = async (link: Link): Promise<ExitCode | undefined> => {
    const nights = await findNights(link, id);
    if (nights.size === 0) {
      const keepers = await findKeepers(link, id, await readProbes(link, host.now()));
      if (keepers.length === 0) {
        const why = await whyNotKept(link, id);
        if (why === '') return undefined;
        throw new UsageError(`no night of ${id} was recorded, and no probe keeps it: ${why}`, {
          hint: '"rushhour fleet soak ls" lists what probes keep',
        });
      }
      if (flags.json === true) host.stdout.write('[]\n');
      host.stderr.write(
        `rushhour: no night of ${id} has arrived yet; rushhour fleet soak ls shows when the next begins\n`,
      );
      return EXIT.ok;
    }
    const ending = new AbortController();
    const release = host.onStopSignal(() => ending.abort());
    let isTroubled = false;
    const summaries: FleetSummary[] = [];
    try {
      for (const [night, probes] of nights) {
        if (ending.signal.aborted) break;
        const isHere = await isWhole(join(results, night), probes);
        if (!isHere) await receiveNight(link, night, results, ending.signal);
        const summary = await readFleetSummary(await openFleetRun(join(results, night)));
        isTroubled ||= hasTrouble(summary.probes);
        summaries.push(summary);
        if (flags.json !== true) host.stdout.write(`${escapeControls(formatNight(summary))}\n`);
      }
    } finally {
      release();
    }
    if (flags.json === true) host.stdout.write(`${JSON.stringify(summaries, null, 2)}\n`);
    if (isTroubled) return EXIT.environment;
    return summaries.length > 0 && summaries.every(({ sites }) => isWithoutVerdict(sites))
      ? EXIT.generatorLimited
      : EXIT.ok;
  };
  return withResultsFolder(results, () => withLink(host, flags, receive));
}

async function receiveNight(link: Link, night: string, results: string, signal: AbortSignal): Promise<void> {
  const run = await requireRun(link, night, results);
  const soon = AbortSignal.any([signal, AbortSignal.timeout(SOON_MS)]);
  const taken = await markReceiving(join(results, night));
  try {
    await followRun(link, run, { told: () => {} }, soon);
    await keepRun(run, results);
  } finally {
    await taken();
  }
}

/** Whether a night has been received with nothing missing, of as many probes as told of it. */
async function isWhole(dir: string, probes: number): Promise<boolean> {
  const file = await readFleetFile(dir);
  if (file.kind !== 'whole' || file.value.parts.length < probes) return false;
  return file.value.parts.every(isReceivedWhole);
}
