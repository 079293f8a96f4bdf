import { countBetween, type RecordedTime } from './recorded-times.ts';
import type { ArmSummary } from './types.ts';
import { wilsonInterval } from './wilson.ts';

/**
 * After so long a segment that nothing acknowledged is sent again: at least TCP_RTO_MIN, 200 ms (Linux, include/net/tcp.h; RFC 6298
 * has 1 s, Windows 300 ms), and a few ticks of a clock of 4 ms later.
 */
const FROM_US = 198_000;
const TO_US = 232_000;

/** Of the others, the range in which nine in ten come must be narrower than this, or they hide the late ones. */
const WIDEST_US = 60_000;

/** Fewer are an accident; and how many times as many as in the windows beside it stand out. */
const FEWEST = 5;
const STANDS_OUT = 5;

/** A machine that stands still for as long, here or there, makes all late that it was asked meanwhile: so often it may in a short run. */
const PAUSES = 3;
const PAUSE_SEC = 0.25;

/**
 * @param handshakes and first bytes, both from the start of the attempt
 * @param perSec attempts a second
 */
export function summariseLate(
  handshakes: readonly RecordedTime[],
  firstBytes: readonly RecordedTime[],
  perSec: number,
): Pick<ArmSummary, 'responsesLate'> {
  const measured = firstBytes.reduce((sum, { count }) => sum + count, 0);
  const leastUs = firstBytes[0]?.us ?? 0;
  const quick = firstBytes.filter(({ us }) => us < leastUs + FROM_US / 2);
  const mostUs = ninthTenth(quick);
  if (measured === 0 || mostUs - leastUs > WIDEST_US) return {};
  const widthUs = TO_US - FROM_US + mostUs - leastUs;
  // A handshake that was as late has its first byte as late.
  const countFrom = (fromUs: number): number =>
    countBetween(firstBytes, fromUs, fromUs + widthUs) -
    countBetween(handshakes, fromUs - mostUs, fromUs + widthUs);
  const count = countFrom(leastUs + FROM_US);
  const beside = [-1, 1].map((windows) => Math.max(0, countFrom(leastUs + FROM_US + windows * widthUs)));
  const usual = beside.reduce((sum, one) => sum + one, 0) / beside.length;
  if (count < FEWEST + perSec * PAUSE_SEC * PAUSES || count < usual * STANDS_OUT) return {};
  return {
    responsesLate: { count, measured, rate: count / measured, ci95: wilsonInterval(count, measured) },
  };
}

/** Where nine in ten of them are through. */
function ninthTenth(times: readonly RecordedTime[]): number {
  const all = times.reduce((sum, { count }) => sum + count, 0);
  let seen = 0;
  for (const { us, count } of times) {
    seen += count;
    if (seen >= all * 0.9) return us;
  }
  return 0;
}
