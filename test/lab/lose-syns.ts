/**
 * Rules that drop the first `count` SYNs of each connection to a port: a source port moves from one set to the next
 * with every SYN that is lost, and passes once it stands in the last.
 */
export function loseSyns(count: number, port: number): string {
  const key = 'ip saddr . tcp sport';
  const numbers = Array.from({ length: count }, (_, index) => index + 1);
  const sets = numbers.map(
    (n) => `set lost${n} { type ipv4_addr . inet_service; size 65535; flags dynamic,timeout; timeout 120s; }`,
  );
  const moves = numbers
    .slice(0, -1)
    .reverse()
    .map((n) => `${key} @lost${n} update @lost${n + 1} { ${key} } drop`);
  const lose = count === 0 ? [] : [`${key} @lost${count} accept`, ...moves, `update @lost1 { ${key} } drop`];
  return `table inet lose {
    ${sets.join('\n    ')}
    chain lose {
      ${lose.join('\n      ')}
    }
    chain input {
      type filter hook input priority 0;
      tcp dport ${port} tcp flags & (syn|ack) == syn jump lose
    }
  }`;
}

/** Rules by which a host treats new connections to a port. */
export function treatSyns(verdict: string, port: number): string {
  return `table inet treat {
    chain input {
      type filter hook input priority 0;
      tcp dport ${port} tcp flags & (syn|ack) == syn ${verdict}
    }
  }`;
}
