/**
 * A chain with a hook or, without one, as the target of jumps. nft(8) requires each bracket and statement on its own
 * line.
 */
export function chain(name: string, hook: string, rules: readonly string[]): string[] {
  return [`chain ${name} {`, ...(hook === '' ? [] : [`${hook}; policy accept;`]), ...rules, '}'];
}
