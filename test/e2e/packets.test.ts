import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Summary } from '../../src/analysis/types.ts';
import { makeRouted, type Namespace } from '../support/namespaces.ts';
import { suiteNeeding } from '../support/suite-needing.ts';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

suiteNeeding(
  'the packet engine',
  ['linux', 'root', 'netns', 'ip', 'nft', 'tcpdump', 'python3', 'npm:koffi'],
  () => {
    let near: Namespace;
    let router: Namespace;
    let far: Namespace;
    let remove: () => Promise<void>;
    let dir: string;
    let origin: string;
    let origin6: string;

    beforeAll(async () => {
      ({ near, router, far, remove } = await makeRouted());
      dir = mkdtempSync(join(tmpdir(), 'rushhour-packets-'));
      const [four, six] = await Promise.all([far.startFarEnd('10.78.0.2'), far.startFarEnd('fd78::2')]);
      origin = `10.78.0.2:${four.origin.port}`;
      origin6 = `[fd78::2]:${six.origin.port}`;
      // One network on the link, one that is routed to this machine.
      await router.configure(['route add 10.91.0.0/24 via 10.77.0.1', 'route add fd91::/64 via fd77::1']);
    });
    afterAll(async () => {
      await remove?.();
      rmSync(dir, { recursive: true, force: true });
    });

    const hit = async (...args: string[]): Promise<Summary> =>
      JSON.parse(
        await near.run(
          process.execPath,
          MAIN,
          'hit',
          ...args,
          '--engine',
          'packet',
          '--json',
          '--results',
          dir,
        ),
      );

    /** Packets that pass an interface meanwhile, a line each as tcpdump prints them. */
    const watch = async (where: Namespace, by: string, filter: string): Promise<() => Promise<string[]>> => {
      const file = join(dir, `${where.name}-${Math.random()}.pcap`);
      const child = where.spawn('tcpdump', '-i', by, '-U', '--immediate-mode', '-w', file, filter);
      // It is ready once the head of the file is there.
      for (let tries = 0; tries < 500 && readSize(file) === 0; tries += 1) await sleep(10);
      return async () => {
        const gone = once(child, 'exit');
        child.kill('SIGINT');
        await gone;
        return (await where.run('tcpdump', '-nn', '-r', file)).split('\n').filter(Boolean);
      };
    };
    const rules = (): Promise<string> => near.run('nft', 'list', 'tables');

    it('works beside a socket program on the same address, and neither disturbs the other', async () => {
      // The start check resets its connection; it comes from the last ports. The engine may reset what comes late for a
      // connection that is over, and is told from the kernel by the TTL of Windows.
      const kernels = 'ip[8] = 64 and src portrange 1024-60999';
      const resets = await watch(near, 'cable', `tcp[tcpflags] & tcp-rst != 0 and ${kernels}`);
      const sockets = near.spawn('python3', '-u', '-c', SOCKETS, ...origin.split(':'));
      const told = once(createInterface({ input: sockets.stdout! }), 'line');
      const load = ['-n', '400', '-c', '20', '--client', 'windows-11'];
      const { arms } = await hit(`http://${origin}/`, ...load);
      expect(arms['hit']).toMatchObject({ completed: 400, stalled: { count: 0 }, outcomes: { ok: 400 } });
      sockets.send('enough');
      const { connected, failed } = JSON.parse((await told)[0]);
      expect(connected).toBeGreaterThan(20);
      expect(failed).toBe(0);
      expect(await resets()).toEqual([]);
      expect(await rules()).toBe('');
    });

    it.each([
      ['of its network', '10.77.0.64/26', 62],
      ['that are routed to it', '10.91.0.0/24', 254],
    ])('plays hosts on addresses %s, on a machine that forwards', async (_, addresses, count) => {
      await near.run('sysctl', '-qw', 'net.ipv4.ip_forward=1');
      const [syns, refusals] = await Promise.all([
        watch(far, 'cable', 'tcp[tcpflags] & (tcp-syn|tcp-ack) == tcp-syn'),
        // Besides the quiet ping beside each run.
        watch(near, 'cable', `(icmp and ${NO_ECHO}) or (tcp[13] = 4 and src net 10.77.0.0/24)`),
      ]);
      const { arms } = await hit(`http://${origin}/`, '-n', '600', '-c', '20', '--emulate', addresses);
      expect(arms['hit']).toMatchObject({ completed: 600, stalled: { count: 0 }, outcomes: { ok: 600 } });
      const hosts = new Set((await syns()).map((line) => /IP (\d+\.\d+\.\d+\.\d+)\.\d+ >/.exec(line)?.[1]));
      expect(hosts.size).toBe(count);
      expect(await refusals()).toEqual([]);
      expect(await rules()).toBe('');
    });

    it('sends no timestamps where they are switched off, and leaves the kernel’s setting as it is', async () => {
      const syns = await watch(far, 'cable', 'tcp[tcpflags] & (tcp-syn|tcp-ack) == tcp-syn');
      const args = ['-n', '20', '-c', '2', '--emulate', '10.77.0.64/30', '--tcp-timestamps', 'off'];
      const { arms } = await hit(`http://${origin}/`, ...args);
      expect(arms['hit']).toMatchObject({ outcomes: { ok: 20 } });
      const seen = (await syns()).filter((line) => line.includes('10.77.0.6'));
      expect(seen.length).toBeGreaterThanOrEqual(20);
      expect(seen.filter((line) => line.includes('TS val'))).toEqual([]);
      expect(await near.run('sysctl', '-n', 'net.ipv4.tcp_timestamps')).toBe('1\n');
    });

    it('plays hosts on IPv6 addresses', async () => {
      const { arms, run } = await hit(
        `http://${origin6}/`,
        '-n',
        '200',
        '-c',
        '10',
        '--emulate',
        'fd77::100/124',
      );
      expect(arms['hit']).toMatchObject({ completed: 200, outcomes: { ok: 200 } });
      const info = JSON.parse(readFileSync(join(dir, run.id, 'run.json'), 'utf8'));
      expect(info.sources.hit.addresses).toHaveLength(15);
      expect(info.links.hit).toMatchObject({ interface: 'cable', mtu: 1_500, emulates: true });
      expect(info.links.hit.nextHops[0]).toMatch(/^fd77::254 \(([0-9a-f]{2}:){5}[0-9a-f]{2}\)$/);
    });

    it.each([
      [
        'an address that somebody has',
        ['--emulate', '10.77.0.200/29'],
        5,
        'already uses an address to emulate: 10.77.0.201',
      ],
      ['the gateway’s address', ['--emulate', '10.77.0.254/32'], 2, 'it is the address of a gateway'],
      ['its own address', ['--emulate', '10.77.0.0/30'], 2, 'it belongs to this machine'],
      ['addresses of strangers', ['--emulate', '8.8.8.0/24'], 2, 'answers would go to a stranger'],
      ['addresses without a way back', ['--emulate', '10.99.0.0/30'], 5, 'route back'],
    ])('does not play %s', async (_, flags, code, why) => {
      await router.configure(['addr replace 10.77.0.201/24 dev near']);
      const error = await hit(`http://${origin}/`, '-n', '10', ...flags).catch((refused) => refused);
      expect(error.stderr).toContain(why);
      expect(error.code).toBe(code);
      expect(await rules()).toBe('');
    });
  },
);

function readSize(file: string): number {
  try {
    return readFileSync(file).length;
  } catch {
    return 0;
  }
}

const NO_ECHO = 'icmp[icmptype] != icmp-echo and icmp[icmptype] != icmp-echoreply';

/** Connects by sockets until it is told to end, and says how that went. */
const SOCKETS = `
import json, os, select, socket, sys
connected = failed = 0
channel = int(os.environ['NODE_CHANNEL_FD'])
while not select.select([channel], [], [], 0)[0]:
    try:
        with socket.create_connection((sys.argv[1], int(sys.argv[2])), 5) as s:
            s.sendall(b'GET / HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n')
            answer = b''
            while part := s.recv(65536): answer += part
            if answer.startswith(b'HTTP/1.1 200'): connected += 1
            else: failed += 1
    except OSError: failed += 1
print(json.dumps({'connected': connected, 'failed': failed}))
`;
