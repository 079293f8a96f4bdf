/**
 * What a diagnosis is worth, given what is really there.
 *
 * Of one fault, right is that it alone is named. Of two at once, that one of them is named, or both, and nothing else: the other may
 * well be hidden by it.
 *
 * @param {Parameters<typeof import('./judge.d.mts').judge>[0]} diagnosis
 * @param {readonly string[]} causes none: nothing is ill
 * @param {boolean} isPair
 * @returns {{ class: import('./types.d.mts').Class, named: string[], rivals: string[] }}
 */
export function judge({ verdict, causes: weighed }, causes, isPair) {
  const idsOf = (status) => weighed.filter((cause) => cause.status === status).map(({ id }) => id);
  const [named, rivals] = [idsOf('named'), idsOf('possible')];
  return { class: classify(verdict, named, rivals, causes, isPair), named, rivals };
}

function classify(verdict, named, rivals, causes, isPair) {
  if (named.some((id) => !causes.includes(id))) return 'wrong';
  if (verdict === 'none') return 'none';
  if (verdict === 'healthy') return causes.length === 0 ? 'right' : 'healthy';
  if (verdict === 'named' || (isPair && named.length > 0)) return 'right';
  return [...named, ...rivals].some((id) => causes.includes(id)) ? 'rival' : 'no-rival';
}
