import type { PingSummary, Summary } from '../analysis/types.ts';
import { formatCount, formatMicros, formatPlural } from './format.ts';

/**
 * Results of the pings during the load, one text per address, with the stalls at the same time, which pings do not
 * show.
 */
export function formatPings({ pings = {}, arms }: Pick<Summary, 'pings' | 'arms'>): string[] {
  const stalled = Object.values(arms).reduce((sum, arm) => sum + arm.stalled.count, 0);
  const meanwhile =
    stalled === 0 ? '' : `; meanwhile ${formatPlural(stalled, 'handshake', 'handshakes')} stalled`;
  return Object.entries(pings).map(([address, summary]) => `${address}: ${formatPing(summary)}${meanwhile}`);
}

function formatPing({ sent, answered, minUs, meanUs, maxUs }: PingSummary): string {
  const of = `${formatCount(answered)} of ${formatCount(sent)} answered`;
  if (minUs === null || meanUs === null || maxUs === null) return of;
  return `${of}, ${formatMicros(meanUs)} on average (${formatMicros(minUs)} to ${formatMicros(maxUs)})`;
}
