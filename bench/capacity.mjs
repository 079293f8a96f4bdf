/**
 * How exactly, and how fast, the capacity of a firewall's state table is found: `rushhour run table-capacity`, several times, through a
 * gateway whose kernel tracks connections (conntrack). The far end is a program that answers packets. Needs root and nft. The limit
 * of conntrack is one for the whole machine: it is set while this runs, and put back.
 *
 *     node bench/capacity.mjs --limit 65536 --runs 5
 */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { compile } from './compile.mjs';

const PROGRAM = join(import.meta.dirname, '../bin/rushhour');
const MAX = '/proc/sys/net/netfilter/nf_conntrack_max';
const FAR = '10.214.2.2';
const PORT = 9;

const { values } = parseArgs({
  options: {
    limit: { type: 'string', default: '65536' },
    runs: { type: 'string', default: '5' },
    duration: { type: 'string', default: '22s' },
    args: { type: 'string', default: '' },
  },
});
const limit = Number(values.limit);

const names = Object.fromEntries(
  ['near', 'fw', 'far'].map((end) => [end, `rushhour-bench-${process.pid}-${end}`]),
);
const run = (command, args, options) => execFileSync(command, args, { encoding: 'utf8', ...options });
const inside = (end, ...words) => run('ip', ['netns', 'exec', names[end], ...words]);
const nft = (end, input) => run('ip', ['netns', 'exec', names[end], 'nft', '-f', '-'], { input });

/** A cable from near to fw, and another from there to far. */
function layCables() {
  for (const name of Object.values(names)) run('ip', ['netns', 'add', name]);
  const cable = (from, to, number) => {
    const peer = ['type', 'veth', 'peer', 'name', from, 'netns', names[to]];
    run('ip', ['-n', names[from], 'link', 'add', to, ...peer]);
    run('ip', [
      '-n',
      names[from],
      'address',
      'add',
      `10.214.${number}.2/${number === 0 ? 23 : 24}`,
      'dev',
      to,
    ]);
    run('ip', [
      '-n',
      names[to],
      'address',
      'add',
      `10.214.${number}.1/${number === 0 ? 23 : 24}`,
      'dev',
      from,
    ]);
    for (const [end, link] of [
      [from, 'lo'],
      [from, to],
      [to, 'lo'],
      [to, from],
    ])
      run('ip', ['-n', names[end], 'link', 'set', link, 'up']);
  };
  cable('near', 'fw', 0);
  cable('far', 'fw', 2);
  run('ip', ['-n', names.near, 'route', 'add', 'default', 'via', '10.214.0.1']);
  run('ip', ['-n', names.far, 'route', 'add', 'default', 'via', '10.214.2.1']);
  inside('fw', 'sysctl', '-qw', 'net.ipv4.ip_forward=1');
  nft('fw', 'table inet t { chain c { type filter hook forward priority 0; ct state invalid drop; }; }');
  // Or the kernel would answer as well.
  nft(
    'far',
    `table netdev t { chain c { type filter hook ingress device "fw" priority 0; tcp dport ${PORT} drop; }; }`,
  );
}

async function measure(scratch) {
  const server = spawn('ip', ['netns', 'exec', names.far, compile('responder'), 'fw', String(PORT)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const told = [];
  createInterface({ input: server.stdout }).on('line', (line) => told.push(line));
  const out = join(scratch, 'out.json');
  const begun = Date.now();
  const words = ['run', 'table-capacity', '--target', `tcp://${FAR}:${PORT}`, '--engine', 'packet'];
  const load = ['--emulate', '10.214.1.0/24', '--duration', values.duration, '--results', scratch];
  const script = `exec "$@" --no-look --json --quiet >${out} 2>${join(scratch, 'err')}`;
  const command = ['ip', 'netns', 'exec', names.near, PROGRAM, ...words, ...load];
  const child = spawn('sh', ['-c', script, 'sh', ...command, ...values.args.split(' ').filter(Boolean)]);
  const exit = await new Promise((resolve) => child.on('close', resolve));
  const seconds = (Date.now() - begun) / 1_000;
  inside('fw', 'conntrack', '-F');
  server.kill('SIGTERM');
  await sleep(300);
  return { exit, seconds, told: told.at(-1), summary: JSON.parse(await readFile(out, 'utf8')) };
}

const scratch = await mkdtemp(join(tmpdir(), 'rushhour-capacity-'));
const before = await readFile(MAX, 'utf8');
try {
  layCables();
  await writeFile(MAX, String(limit));
  for (let number = 1; number <= Number(values.runs); number += 1) {
    const { exit, seconds, told, summary } = await measure(scratch);
    const finding = summary.findings.find(({ kind }) => kind === 'state-table') ?? {};
    const { connections, whenFull, establishedPerSec, confidence } = finding;
    console.log(
      `${number}: ${connections} of ${limit} (${connections - limit}), ${whenFull}, ${confidence}, ${establishedPerSec}/s, ${seconds.toFixed(1)} s; far end ${told}; exit ${exit}`,
    );
  }
} finally {
  await writeFile(MAX, before);
  for (const name of Object.values(names)) run('ip', ['netns', 'del', name], { stdio: 'ignore' });
  await rm(scratch, { recursive: true, force: true });
}
