import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeRouted, type Namespace } from '../support/namespaces.ts';
import { suiteNeeding } from '../support/suite-needing.ts';

/** Runs that are killed, each at a random moment: a few every day, by hand RUSHHOUR_KILLS=50. */
const KILLS = Number(process.env['RUSHHOUR_KILLS'] ?? 3);

/** From a run's start to some seconds of load: it probes its addresses for two to three seconds before. */
const LATEST_MS = 7_000;

/** From its own address and from hosts that it plays, in turn; the last only once it has connections, however slow the machine. */
const MOMENTS = Array.from({ length: KILLS }, (_, index) => ({
  afterMs: Math.floor(Math.random() * LATEST_MS),
  from: index % 2 === 0 ? 'played hosts' : 'its own address',
  isUnderLoad: index === KILLS - 1,
}));

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const PORT = 7_070;
const HOSTS = '10.77.0.96/29';
const HOST = '10.77.0.97';

/** The far end misses an answer within three seconds; what takes ten times as long stays. */
const TRIES = 300;
const EVERY_MS = 100;

suiteNeeding(
  'a run of the packet engine that is killed',
  ['linux', 'root', 'netns', 'ip', 'nft', 'ss', 'python3', 'npm:koffi'],
  () => {
    let near: Namespace;
    let router: Namespace;
    let far: Namespace;
    let remove: () => Promise<void>;
    let dir: string;
    let mostOpen = 0;

    beforeAll(async () => {
      ({ near, router, far, remove } = await makeRouted());
      dir = mkdtempSync(join(tmpdir(), 'rushhour-killed-'));
      // A handshake that was cut off is given up after three seconds instead of a minute (ip-sysctl.rst).
      await far.run('sysctl', '-qw', 'net.ipv4.tcp_synack_retries=1');
      const server = far.spawn('python3', '-u', '-c', SERVER, String(PORT));
      await once(createInterface({ input: server.stdout! }), 'line');
    });
    afterAll(async () => {
      await remove?.();
      rmSync(dir, { recursive: true, force: true });
    });

    const rules = (): Promise<string> => near.run('nft', 'list', 'tables');
    const claims = async (): Promise<number> =>
      (await near.run('cat', '/proc/net/unix'))
        .split('\n')
        .filter((line) => line.includes('@rushhour-packets-')).length;
    /** Connections of the far end, half open or open. */
    const open = async (): Promise<string[]> => {
      const filter = ['state', 'connected', 'exclude', 'time-wait', 'sport', '=', `:${PORT}`];
      return (await far.run('ss', '-Htn', ...filter)).split('\n').filter(Boolean);
    };
    const settle = async (
      look: () => Promise<unknown>,
      isSettled: (found: unknown) => boolean,
    ): Promise<unknown> => {
      for (let tries = 1; tries < TRIES; tries += 1) {
        const found = await look();
        if (isSettled(found)) return found;
        await sleep(EVERY_MS);
      }
      return look();
    };

    it.each(MOMENTS)('leaves nothing behind, from $from after $afterMs ms', async ({
      afterMs,
      from,
      isUnderLoad,
    }) => {
      const flags = from === 'played hosts' ? ['--emulate', HOSTS] : [];
      const load = ['--rate', '50', '-t', '60', '--hold', '30s', '--results', dir, '--engine', 'packet'];
      const run = near.spawn(process.execPath, MAIN, 'hit', `tcp://10.78.0.2:${PORT}`, ...load, ...flags);
      if (isUnderLoad) await settle(open, (found) => (found as string[]).length > 0);
      else await sleep(afterMs);
      mostOpen = Math.max(mostOpen, (await open()).length);
      const gone = once(run, 'exit');
      run.kill('SIGKILL');
      expect(await gone).toEqual([null, 'SIGKILL']);
      expect(await settle(rules, (found) => found === '')).toBe('');
      expect(await settle(claims, (found) => found === 0)).toBe(0);
      expect(await near.run('sysctl', '-n', 'net.ipv4.ip_local_reserved_ports')).toBe('\n');
      // Nobody answers for the address, however often it is asked.
      await router.configure(['neigh flush dev near']);
      await router.run('bash', '-c', `echo > /dev/udp/${HOST}/9; sleep 0.2`);
      expect(await router.run('ip', 'neigh', 'show', HOST)).not.toContain('lladdr');
      // Each connection of the far end has ended: nobody answers its keep-alives, or the kernel does by RST.
      expect(await settle(open, (found) => (found as string[]).length === 0)).toEqual([]);
    });

    it('leaves its addresses and ports to the next run', async () => {
      const load = ['-n', '20', '-c', '5', '--close', 'reset', '--results', dir, '--engine', 'packet'];
      const all = ['hit', `tcp://10.78.0.2:${PORT}`, ...load, '--emulate', HOSTS, '--json'];
      const told = await near.run(process.execPath, MAIN, ...all);
      expect(JSON.parse(told).arms.hit).toMatchObject({ completed: 20 });
    });

    it('had connections open when it was', () => {
      expect(mostOpen).toBeGreaterThan(0);
    });
  },
);

/** Accepts, and asks each connection after a second whether it is still there, then again, and gives it up (tcp(7)). */
const SERVER = `
import select, socket, sys
listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(('', int(sys.argv[1])))
listener.listen(1024)
print('listening')
poll = select.poll()
poll.register(listener, select.POLLIN)
held = {}
while True:
    for fd, _ in poll.poll():
        if fd == listener.fileno():
            one, _ = listener.accept()
            one.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            for option, value in ((socket.TCP_KEEPIDLE, 1), (socket.TCP_KEEPINTVL, 1), (socket.TCP_KEEPCNT, 2)):
                one.setsockopt(socket.IPPROTO_TCP, option, value)
            held[one.fileno()] = one
            poll.register(one, select.POLLIN)
        else:
            try: part = held[fd].recv(65536)
            except OSError: part = b''
            if not part:
                poll.unregister(fd)
                held.pop(fd).close()
`;
