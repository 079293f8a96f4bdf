/** SYNs that are lost on their way to the proxy: dropped where they arrive, so that whoever sent them hears nothing. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';

const SYN = 'tcp flags & (syn|ack) == syn';

const RULES = {
  // The first so many pass the limit, which lets nothing more in for an hour.
  'first of all': (port) => `tcp dport ${port} ${SYN} limit rate over 1/hour burst 1 packets accept
    tcp dport ${port} ${SYN} drop`,
  'first two of all': (port) => `tcp dport ${port} ${SYN} limit rate over 1/hour burst 2 packets accept
    tcp dport ${port} ${SYN} drop`,
  'first of each connection': (port) =>
    `tcp dport ${port} ${SYN} tcp sport != @seen add @seen { tcp sport } drop`,
  all: (port) => `tcp dport ${port} ${SYN} drop`,
};

/** @param {keyof RULES | 'none'} which */
export async function lose(which, port) {
  const table =
    which === 'none'
      ? ''
      : `table ip losses {
  set seen { type inet_service; flags dynamic; size 65535; }
  chain input {
    type filter hook input priority 0;
    ${RULES[which](port)}
  }
}`;
  const child = spawn('nft', ['-f', '-'], { stdio: ['pipe', 'ignore', 'pipe'] });
  let complaint = '';
  child.stderr.on('data', (text) => (complaint += text));
  child.stdin.end(`flush ruleset\n${table}\n`);
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`nft refused the rules: ${complaint}`);
}
