/**
 * A chain with a hook or, without one, as the target of jumps. nft(8) requires each bracket and statement on its own
 * line.
 */
export function chain(name: string, hook: string, rules: readonly string[]): string[] {
  return [`chain ${name} {`, ...(hook === '' ? [] : [`${hook}; policy accept;`]), ...rules, '}'];
}

/** Resolution of a random choice: 0.01 % is the smallest share. */
const SIDES = 10_000;

/** An nftables match that lets a share of packets (0-1) through, at random; nothing where it is all of them. */
export function byChance(share: number): string {
  const hits = Math.round(share * SIDES);
  // nft(8) refuses to compare with a value that no throw can have.
  return hits >= SIDES ? '' : `numgen random mod ${SIDES} < ${hits}`;
}
