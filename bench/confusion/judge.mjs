/**
 * What a diagnosis is worth, given what is really there.
 *
 * Of one fault, right is that it alone is named. Of two at once, that one of them is named, or both, and nothing else: the other may
 * well be hidden by it.
 *
 * @param {Parameters<typeof import('./judge.d.mts').judge>[0]} diagnosis
 * @param {readonly string[]} causes none: nothing is ill
 * @param {boolean} isPair
 * @param {number} [resent] segments that the kernels of both sides sent again; undefined: not known
 * @returns {{ class: import('./types.d.mts').Class, named: string[], rivals: string[] }}
 */
export function judge({ verdict, causes: weighed }, causes, isPair, resent) {
  const idsOf = (status) => weighed.filter((cause) => cause.status === status).map(({ id }) => id);
  const [named, rivals] = [idsOf('named'), idsOf('possible')];
  return { class: classify(verdict, named, rivals, causes, isPair, resent), named, rivals };
}

/** Faults that do nothing but keep packets from arriving: whatever they hit, a kernel sends again. */
const SENT_AGAIN = new Set([
  'early-reuse',
  'nat-ports',
  'open-limit',
  'rate-limit',
  'loss',
  'loss-after-handshake',
]);

/** Whether a firewall with a fault has let all of a run pass: a NAT, for one, that happened to give no port out again. */
function hasDoneNothing(causes, resent) {
  return resent === 0 && causes.every((id) => SENT_AGAIN.has(id));
}

function classify(verdict, named, rivals, causes, isPair, resent) {
  if (named.some((id) => !causes.includes(id))) return 'wrong';
  if (verdict === 'none') return 'none';
  if (verdict === 'healthy')
    return causes.length === 0 ? 'right' : hasDoneNothing(causes, resent) ? 'unshown' : 'healthy';
  if (verdict === 'named' || (isPair && named.length > 0)) return 'right';
  return [...named, ...rivals].some((id) => causes.includes(id)) ? 'rival' : 'no-rival';
}
