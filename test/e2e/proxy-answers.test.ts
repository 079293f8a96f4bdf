import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Summary } from '../../src/analysis/types.ts';
import { FORWARD_PROXIES, type ForwardProxy } from '../peers/forward-proxies.ts';
import { stopPeer } from '../peers/peer.ts';
import { makeNamespace, type Namespace } from '../support/namespaces.ts';
import { suiteNeeding } from '../support/suite-needing.ts';
import { makeWorkplace, type Workplace } from './rushhour.ts';

const DOCUMENT = fileURLToPath(new URL('../../docs/proxies.md', import.meta.url));
const NAME_SERVER = fileURLToPath(new URL('../peers/name-server.mjs', import.meta.url));

/** Addresses of the namespace's own loopback: nothing listens on the first, every SYN to the second is dropped. */
const CLOSED = '10.77.0.2';
const DEAD = '10.77.0.3';
const OPEN = '10.77.0.4';

/** An origin that is there. */
const ORIGIN = `require('node:http').createServer((_request, response) => response.end('hello')).listen(80, '${OPEN}', () => process.send('ready'))`;

/** What the table calls it, and the name that is asked for. */
const CASES = { 'closed port': 'closed.test', 'unknown name': 'unknown.test', 'dead origin': 'dead.test' };

/** By absolute-form GET and by CONNECT. */
const WAYS = ['proxy', 'tunnel'];

const ATTEMPTS = 2;

suiteNeeding(
  'what proxies answer for an origin that cannot be reached',
  [
    ...['linux', 'root', 'netns', 'ip', 'nft', 'ss', 'sysctl'],
    ...['squid', 'haproxy', 'apache2', 'traffic_server', 'privoxy', 'tinyproxy', 'mitmdump'],
  ],
  () => {
    let namespace: Namespace;
    let place: Workplace;
    let documented: string[];
    let arms: Summary['arms'];
    const undo: (() => Promise<void>)[] = [];

    beforeAll(async () => {
      documented = readTable(await readFile(DOCUMENT, 'utf8'));
      const made = await makeNamespace();
      undo.push(made.remove);
      namespace = made.namespace;
      // ip-netns(8) puts these files in place of those in /etc, for what it starts.
      const etc = `/etc/netns/${namespace.name}`;
      undo.push(() => rm(etc, { recursive: true, force: true }));
      await mkdir(etc, { recursive: true });
      await writeFile(join(etc, 'hosts'), '127.0.0.1 localhost\n');
      await writeFile(join(etc, 'resolv.conf'), 'nameserver 127.0.0.1\n');
      await writeFile(join(etc, 'nsswitch.conf'), 'hosts: files dns\n');
      await namespace.configure([CLOSED, DEAD, OPEN].map((address) => `addr add ${address}/32 dev lo`));
      // Where a proxy sets no time of its own, the kernel gives up 2 to 3 s later: one retransmission (tcp(7)).
      await namespace.run('sysctl', '-qw', 'net.ipv4.tcp_syn_retries=1');
      await namespace.loadRules(`table inet dead {
        chain input {
          type filter hook input priority 0;
          ip daddr ${DEAD} tcp flags & (syn|ack) == syn drop
        }
      }`);
      const names = [`closed.test=${CLOSED}`, `dead.test=${DEAD}`, `open.test=${OPEN}`];
      await once(namespace.spawn(process.execPath, NAME_SERVER, ...names), 'message');
      await once(namespace.spawn(process.execPath, '-e', ORIGIN), 'message');
      const running = await Promise.allSettled(FORWARD_PROXIES.map((proxy) => start(proxy, namespace)));
      for (const each of running) if (each.status === 'fulfilled') undo.push(each.value.stop);
      for (const each of running) if (each.status === 'rejected') throw each.reason;
      place = makeWorkplace();
      undo.push(place.clean);
      ({ arms } = await ask());
    });
    afterAll(async () => {
      for (const step of undo.reverse()) await step();
    });

    it.each(FORWARD_PROXIES)('$name', ({ name, command }) => {
      const answered = Object.entries(CASES).map(([what, host]) => {
        const cells = WAYS.flatMap((via) => describeArm(arms[nameArm(command, via, host)]!));
        return `| ${[name, what, ...cells].join(' | ')} |`;
      });
      expect(documented.filter((row) => row.startsWith(`| ${name} |`))).toEqual(answered);
    });

    it.each(FORWARD_PROXIES)('$name reaches an origin that is there', ({ command, isTunnelling = true }) => {
      const outcomes = WAYS.map((via) => arms[nameArm(command, via, 'open.test')]?.outcomes);
      expect(outcomes).toEqual([{ ok: ATTEMPTS }, { [isTunnelling ? 'ok' : 'tunnel-refused']: ATTEMPTS }]);
    });

    /** Asks every proxy for every origin in both ways, all at once: most of the time passes in waiting. */
    async function ask(): Promise<Summary> {
      const lines = FORWARD_PROXIES.flatMap(({ command, port }) =>
        [...Object.values(CASES), 'open.test'].flatMap((host) =>
          WAYS.map(
            (via) =>
              `  ${nameArm(command, via, host)}: { proxy: "127.0.0.1:${port}", via: ${via}, target: "http://${host}/" }`,
          ),
        ),
      );
      const file = await place.scenario(
        'answers',
        `schema: 1
description: Origins that cannot be reached.
defaults:
  close: fin
  load: { concurrency: 1, attempts: ${ATTEMPTS} }
  timeouts: { response: 60s }
arms:
${lines.join('\n')}
`,
      );
      return await place.measure(['run', file], ['ip', 'netns', 'exec', namespace.name]);
    }
  },
);

function nameArm(command: string, via: string, host: string): string {
  return `${command}-${via}-${host.replace('.test', '')}`;
}

/** Status, name of the error and outcome, which all attempts have to share. */
function describeArm(arm: Summary['arms'][string]): string[] {
  const { statuses, tunnelStatuses, errorNames, outcomes } = arm;
  return [{ ...tunnelStatuses, ...statuses }, errorNames ?? {}, outcomes].map((counts) => {
    const names = Object.entries(counts).map(([name, count]) =>
      count === ATTEMPTS ? name : `${name} (${count})`,
    );
    return names.length === 0 ? '-' : names.map((name) => `\`${name}\``).join(', ');
  });
}

/** The rows of the table whose first column is a proxy, with the spaces of its cells evened out. */
function readTable(document: string): string[] {
  return document
    .split('\n')
    .filter((line) => FORWARD_PROXIES.some(({ name }) => line.startsWith(`| ${name} |`)))
    .map((line) =>
      line
        .trim()
        .replace(/ *\| */g, ' | ')
        .trim(),
    );
}

/** Starts a proxy in a namespace and waits until it listens. */
async function start(proxy: ForwardProxy, namespace: Namespace): Promise<{ stop(): Promise<void> }> {
  const dir = await mkdtemp(join(tmpdir(), 'rushhour-proxy-'));
  // Started by root, most of them drop to a user of their own.
  await chmod(dir, 0o777);
  for (const [path, text] of Object.entries(proxy.files(dir))) {
    await mkdir(dirname(join(dir, path)), { recursive: true });
    await writeFile(join(dir, path), text);
  }
  const set = Object.entries(proxy.env?.(dir) ?? {}).map(([name, value]) => `${name}=${value}`);
  const output = join(dir, 'output');
  const command = ['env', ...set, proxy.command, ...proxy.args(dir)];
  const child = namespace.spawn('sh', '-c', 'exec "$@" >"$0" 2>&1', output, ...command);
  const stop = async (): Promise<void> => {
    await stopPeer(child);
    await rm(dir, { recursive: true, force: true });
  };
  if (await listens(child, proxy.port, namespace)) return { stop };
  const printed = await readFile(output, 'utf8');
  await stop();
  throw new Error(`${proxy.command} did not start: ${printed}`);
}

async function listens(child: ChildProcess, port: number, namespace: Namespace): Promise<boolean> {
  for (let tries = 0; tries < 200 && child.exitCode === null; tries += 1) {
    if ((await namespace.run('ss', '-Hltn', `sport = :${port}`)) !== '') return true;
    await sleep(50);
  }
  return false;
}
