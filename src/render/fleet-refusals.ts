import type { FleetSummary } from '../analysis/sites/types.ts';
import { escapeControls } from './escape.ts';
import { nameFirst } from './fleet-failed.ts';
import { formatPlural } from './format.ts';

/** Of reasons, so many have a line; --json has all. */
const MOST_REASONS = 20;

/** Why probes refused a run, a line for each reason with who refused for it, and what would allow it. */
export function renderRefusals({ refusals, toAllow }: Pick<FleetSummary, 'refusals' | 'toAllow'>): string[] {
  const more = refusals.length - MOST_REASONS;
  return [
    ...refusals
      .slice(0, MOST_REASONS)
      .map(({ reason, probes }) => escapeControls(`refused by ${nameFirst(probes)}: ${reason}`)),
    ...(more > 0 ? [`and ${formatPlural(more, 'more reason', 'more reasons')}`] : []),
    ...renderToAllow(toAllow),
  ];
}

/** Lines of a policy, for its owner to decide upon; empty: no policy allows it, or what it lacks is not known. */
export function renderToAllow(toAllow: readonly string[]): string[] {
  if (toAllow.length === 0) return [];
  return [
    "To allow it, a probe's owner would add to its policy, as far as it lacks this:",
    ...toAllow.map((line) => `  ${escapeControls(line)}`),
  ];
}
