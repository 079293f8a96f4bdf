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

/** What rules reject with, by their own word; port-unreachable comes from a load balancer without a server as well. */
const PROHIBITED = /^ICMP(v6)? (net-prohibited|host-prohibited|admin-prohibited|policy-fail|reject-route) /;

/** What a router says of a host or a network that it cannot reach: a host that is off, a route that is missing or goes in a circle. */
const UNREACHABLE = /^ICMP(v6)? (net-unreachable|host-unreachable|no-route|addr-unreachable|time-exceeded) /;

/** Refusals of a kind, where that is what most of them were. */
function mostRefusals({ arm }: Symptom, kind: RegExp): string | undefined {
  const refusals = Object.entries(arm.summary.refusals ?? {});
  const all = refusals.reduce((sum, [, count]) => sum + count, 0);
  const of = refusals.filter(([name]) => kind.test(name));
  const count = of.reduce((sum, [, one]) => sum + one, 0);
  return all < FEWEST || count < all * MOST
    ? undefined
    : `${count} of ${all} refusals were ${of.map(([name]) => name).join(', ')}`;
}

export function refusedByRule(symptom: Symptom): string | undefined {
  return mostRefusals(symptom, PROHIBITED);
}

export function refusedAsUnreachable(symptom: Symptom): string | undefined {
  return mostRefusals(symptom, UNREACHABLE);
}

export function refusedByReset(symptom: Symptom): string | undefined {
  return mostRefusals(symptom, /^RST/);
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

/** A rule rejects all that it matches; what is not reported as such has met Linux' own limit of ICMP errors, and silence. */
const ALL = 0.98;
const ENOUGH = 20;

/** That a rule rejected all that an arm tried: ICMP errors of a kind that only rules send, and not one attempt through. */
export function describeRejected(symptom: Symptom): string | undefined {
  const { started, stalled, refused, summary } = symptom.arm;
  const rule = refusedByRule(symptom);
  if (rule === undefined || summary.established > 0 || started < ENOUGH) return undefined;
  return refused + stalled >= started * ALL ? `${rule}, and not one of ${started} got through` : undefined;
}
