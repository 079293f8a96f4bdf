import { judgeLook, type LookSecond, type LookVerdict } from '../analysis/look.ts';
import { EnvironmentError, EXIT, RushhourError } from '../errors.ts';
import { quantilesOf } from '../metrics/histogram.ts';
import { lookOf } from '../scenario/look.ts';
import type { Scenario } from '../scenario/types.ts';
import { formatDuration, formatRate } from '../scenario/units.ts';
import type { LookInfo } from '../store/run-info.ts';
import { openLoad } from './load/load.ts';
import { SecondAggregator } from './load/second-aggregator.ts';
import type { RunListener, RunOptions } from './types.ts';
import { Undo } from './undo.ts';

/** Between "ready" and the first attempt. */
const START_AHEAD_MS = 100;
const TOTAL = '.total-service';

/**
 * Sends the short pre-load check of a scenario that has one (`look`), and refuses to start the load if proxy or target
 * are already at their limit. None of its attempts is recorded.
 * @param scenario its far end has an address
 * @returns its result; undefined if there was no check
 * @throws EnvironmentError if they are at their limit, unless told to go on; RushhourError if a signal ended the check
 */
export async function lookFirst(
  scenario: Scenario,
  options: Pick<RunOptions, 'engine' | 'look'>,
  listener: RunListener,
): Promise<LookInfo | undefined> {
  const looked = options.look === 'off' ? undefined : lookOf(scenario);
  if (looked === undefined || scenario.look === undefined) return undefined;
  const { ratePerSec, forUs } = scenario.look;
  const verdict = await sendLook(looked, options, { ...listener, look: { ratePerSec, forUs } });
  const info: LookInfo = { ratePerSec, forUs, ...verdict };
  if (verdict.signs.length === 0) {
    listener.looked?.(verdict);
    return info;
  }
  const what = `the pre-load check (up to ${formatRate(ratePerSec)} for ${formatDuration(forUs)}) met failures or rising response times: ${verdict.signs.join('; ')}`;
  if (options.look === 'go-on') listener.warning?.(`${what}; continuing, as requested`);
  else {
    throw new EnvironmentError(`${what}; the load was not started`, {
      hint: 'fix that first (see its log, its limits, the URL): a stall would look the same; --go-on starts the load anyway, --no-look skips the check',
    });
  }
  return info;
}

async function sendLook(
  scenario: Scenario,
  { engine }: Pick<RunOptions, 'engine'>,
  { look, ...listener }: RunListener & { readonly look: { ratePerSec: number; forUs: number } },
): Promise<LookVerdict> {
  const undo = new Undo();
  try {
    const load = await openLoad({ scenario, workers: 1, asksFirst: true, engine }, listener, undo);
    const seconds: LookSecond[] = [];
    let totalUs = new Map<string, number>();
    const whole = new SecondAggregator({
      shards: 1,
      takeTokens: load.takeTokens,
      takeHostSecond: load.takeHostSecond,
      onHistogram(tag, histogram) {
        if (tag.endsWith(TOTAL)) totalUs.set(tag.slice(0, -TOTAL.length), quantilesOf(histogram).p50);
      },
      onSecond({ frame }) {
        seconds.push({ series: frame.series, totalUs });
        totalUs = new Map();
      },
    });
    let isStopped = false;
    listener.looking?.(look, (how) => {
      isStopped = true;
      load.stop(how);
    });
    load.start(Date.now() + START_AHEAD_MS, (message) => whole.receive(message));
    await load.finished;
    if (isStopped) {
      throw new RushhourError(
        'interrupted during the check before the load; there are no results',
        EXIT.interrupted,
      );
    }
    return judgeLook(scenario.arms, seconds);
  } finally {
    await undo.run();
  }
}
