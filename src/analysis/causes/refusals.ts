import type { Symptom } from '../observations/types.ts';
import { MOST, shareAnswered } from './judgements.ts';

/** Fewer refusals say nothing of who sends them. */
const FEWEST = 5;

/** Refusals by ICMP, with type, code and sender, where that is what most of them were. */
export function refusedByIcmp({ arm }: Symptom): string | undefined {
  const refusals = Object.entries(arm.summary.refusals ?? {});
  const all = refusals.reduce((sum, [, count]) => sum + count, 0);
  const [most] = refusals.filter(([name]) => name.startsWith('ICMP')).sort(([, a], [, b]) => b - a);
  return most === undefined || all < FEWEST || most[1] < all * MOST
    ? undefined
    : `${most[1]} of ${all} refusals were ${most[0]}`;
}

/** RSTs whose TTL is that of the endpoint's own SYN-ACKs, or another; undefined where too few were captured. */
export function resetsByTtl(
  symptom: Symptom,
): { readonly kind: 'own' | 'other'; readonly text: string } | undefined {
  const own = shareAnswered(symptom, ['rst']);
  const other = shareAnswered(symptom, ['rst-other-ttl']);
  if (own !== undefined && own.count >= own.seen * MOST)
    return {
      kind: 'own',
      text: `${own.count} of ${own.seen} RSTs have the TTL of the endpoint's own SYN-ACKs`,
    };
  if (other !== undefined && other.count >= other.seen * MOST)
    return {
      kind: 'other',
      text: `${other.count} of ${other.seen} RSTs have another TTL than the endpoint's own SYN-ACKs`,
    };
  return undefined;
}
