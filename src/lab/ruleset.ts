/** A chain of its own hook, or, without one, to jump to. nft(8) wants each bracket and statement on its own line. */
export function chain(name: string, hook: string, rules: readonly string[]): string[] {
  return [`chain ${name} {`, ...(hook === '' ? [] : [`${hook}; policy accept;`]), ...rules, '}'];
}
