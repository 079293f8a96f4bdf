import type { ArmSummary, Summary } from '../analysis/types.ts';
import { describeSynAnswer } from '../outcome/syn-answer.ts';
import { formatCount, formatPlural } from './format.ts';

/** Kinds of attempts, in display order. */
const KINDS = ['stalled', 'healed', 'refused', 'reset', 'unanswered'] as const;

/**
 * What met the SYNs of an arm's attempts, as packets show it: `of 1,239 stalled: 1,233 met silence, 6 an RST with
 * another TTL`. An observation, not a cause.
 */
export function listMet(arm: Pick<ArmSummary, 'answers' | 'stalled' | 'healed'>): string[] {
  return KINDS.flatMap((kind) => {
    const counts = Object.entries(arm.answers?.[kind] ?? {}).sort(([, a], [, b]) => b - a);
    const seen = counts.reduce((sum, [, count]) => sum + count, 0);
    if (seen === 0) return [];
    const all = kind === 'stalled' ? arm.stalled.count : kind === 'healed' ? arm.healed : seen;
    const verb = kind === 'reset' ? 'by' : 'met';
    const text = counts.map(
      ([name, count], index) =>
        `${formatCount(count)} ${index === 0 ? `${verb} ` : ''}${describeSynAnswer(name)}`,
    );
    const left = all - seen;
    if (left > 0) text.push(`${formatCount(left)} not looked at`);
    return [`of ${formatCount(Math.max(all, seen))} ${kind}: ${text.join(', ')}`];
  });
}

/** What the capture beside a load lost, in words; undefined: nothing. */
export function formatCaptureDrops({ captureDrops = 0 }: Pick<Summary, 'captureDrops'>): string | undefined {
  if (captureDrops === 0) return undefined;
  return `${formatPlural(captureDrops, 'packet', 'packets')} came faster than this machine took them: what packets show is incomplete, and attempts without theirs are "not-held"`;
}
