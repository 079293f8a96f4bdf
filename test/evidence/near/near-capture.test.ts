import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { AttemptReader } from '../../../src/evidence/near/attempt-reader.ts';
import { NearCapture } from '../../../src/evidence/near/near-capture.ts';
import { PacketMemory } from '../../../src/evidence/near/packet-memory.ts';
import type { Evidence } from '../../../src/metrics/evidence.ts';
import { NOTED_KINDS, type NotedKind } from '../../../src/metrics/noted.ts';
import { Arena } from '../../../src/net/arena.ts';
import { loadLibc } from '../../../src/net/load.ts';
import type { PacketOrigin } from '../../../src/net/packet-socket/ring.ts';
import { openHandshakeTap } from '../../../src/net/packet-socket/tap.ts';
import { makePair, type Namespace, type Pair } from '../../support/namespaces.ts';
import { enterNamespace } from '../../support/own-network.ts';
import { suiteNeeding } from '../../support/suite-needing.ts';

const BRIDGED = '10.79.0.2';

/** Answers everybody, and keeps what it has accepted. */
const LISTEN = `require('node:net').createServer((socket) => socket.on('error', () => {}))
  .listen({ host: '::', port: 3128 }, () => console.log('ready'))`;

/** Nobody answers what comes from there. */
const UNANSWERED_PORT = 40_999;
const DROPS_ITS_SYNS = `table inet silent { chain in { type filter hook input priority 0;
  tcp sport ${UNANSWERED_PORT} drop
  }
}
`;

/** What the machine does not send is a connection that the far end does not know to be over. */
const SENDS_NO_RST = `table inet quiet { chain out { type filter hook output priority 0;
  tcp flags & rst == rst drop
  }
}
`;

suiteNeeding('a capture beside a load', ['linux', 'root', 'netns', 'ip', 'nft', 'npm:koffi'], () => {
  let pair: Pair;
  let remove: (() => Promise<void>) | undefined;
  let leave: (() => void) | undefined;
  let nextPort = 41_000;

  beforeAll(async () => {
    ({ pair, remove } = await makePair());
    // The same packets pass a bridge and its port.
    await pair.near.configure([
      `link add wire type veth peer name wire netns ${pair.far.name}`,
      ...['link add bridge type bridge', 'link set wire master bridge'],
      ...['addr add 10.79.0.1/24 dev bridge', 'link set wire up', 'link set bridge up'],
    ]);
    await pair.far.configure([`addr add ${BRIDGED}/24 dev wire`, 'link set wire up']);
    await ready(pair.far);
    leave = enterNamespace(pair.near.name);
  });
  afterAll(async () => {
    leave?.();
    await remove?.();
  });

  const ready = async (far: Namespace): Promise<void> => {
    await once(far.spawn(process.execPath, '-e', LISTEN).stdout!, 'data');
  };

  function capture(address: string, lost: Error[] = [], mostPacketsPerSec?: number): NearCapture {
    const name = address.includes(':') ? `[${address}]:3128` : `${address}:3128`;
    const near = new NearCapture({
      arms: [{ name: 'first', endpoints: [{ address, port: 3_128, name }], sources: [] }],
      horizonUs: 5_000_000,
      onLost: (why) => lost.push(why),
      ...(mostPacketsPerSec === undefined ? {} : { mostPacketsPerSec }),
    });
    near.start(Date.now());
    return near;
  }

  async function open(host: string, localPort: number): Promise<Socket> {
    const socket = connect({ host, port: 3_128, localPort });
    socket.on('error', () => {});
    await once(socket, 'connect');
    return socket;
  }

  const lookAt = (near: NearCapture, port: number, kind: NotedKind): Evidence =>
    near.look(Float64Array.of(0, 0, -1, port, 12, 0, NOTED_KINDS.indexOf(kind), 0, 0)).kept[0]!.evidence;

  it.each([
    ['10.77.0.2', 'cable', '10.77.0.1'],
    ['fd77::2', 'cable', '[fd77::1]'],
    [BRIDGED, 'bridge', '10.79.0.1'],
  ])('sees a healthy handshake with %s once, on %s', async (host, by, source) => {
    const near = capture(host);
    const port = nextPort++;
    try {
      const socket = await open(host, port);
      const seen = lookAt(near, port, 'healthy');
      socket.destroy();
      expect(seen).toMatchObject({ met: 'syn-ack', interface: by, source: `${source}:${port}` });
      expect(seen.packets.map(({ way, kind }) => `${way} ${kind}`)).toEqual(['out syn', 'in syn-ack']);
      expect(seen.packets[0]!.options?.mss).toBeGreaterThan(1_000);
    } finally {
      near.stop();
    }
  });

  it('takes no packet for a retransmission that passes a bridge and its port', async () => {
    const libc = loadLibc();
    const { endpoints } = new AttemptReader([
      { name: 'first', endpoints: [{ address: BRIDGED, port: 3_128, name: `${BRIDGED}:3128` }], sources: [] },
    ]);
    const memory = new PacketMemory({ endpoints, horizonUs: 5_000_000, recent: 16, unanswered: 8 });
    await pair.far.loadRules(DROPS_ITS_SYNS);
    const ring = openHandshakeTap(libc, endpoints);
    const interfaces = new Set<number>();
    const origin: PacketOrigin = {
      ...{ interfaceIndex: 0, hardware: 0, kind: 0, linkBytes: 0, capturedBytes: 0, wireBytes: 0 },
    };
    const drain = (): void => {
      for (; ring.receive(); ring.advance()) {
        ring.readOrigin(origin);
        interfaces.add(origin.interfaceIndex);
        memory.take(ring, 0);
      }
    };
    const silent = connect({ host: BRIDGED, port: 3_128, localPort: UNANSWERED_PORT });
    silent.on('error', () => {});
    try {
      // More healthy handshakes than there is room for.
      for (let count = 0; count < 40; count += 1) {
        (await open(BRIDGED, nextPort++)).resetAndDestroy();
        drain();
      }
      const flags: number[] = [];
      memory.find(
        { endpoint: endpoints[0]!, localPort: UNANSWERED_PORT, localAddress: undefined, fromUs: 0 },
        (_packet, tuple) => flags.push(tuple.flags & 0x3f),
      );
      expect([interfaces.size, flags[0], memory.hasForgotten(0)]).toEqual([2, 0x02, false]);
    } finally {
      silent.destroy();
      ring.close();
      await pair.far.dropRules();
    }
  });

  it('tells that a bare ACK of another connection met a SYN', async () => {
    const near = capture('10.77.0.2');
    const port = nextPort++;
    await pair.near.loadRules(SENDS_NO_RST);
    try {
      (await open('10.77.0.2', port)).resetAndDestroy();
      await wait(20);
      near.start(Date.now());
      const again = connect({ host: '10.77.0.2', port: 3_128, localPort: port });
      again.on('error', () => {});
      let seen: Evidence | undefined;
      for (let tries = 0; tries < 200 && seen?.met !== 'ack-foreign'; tries += 1) {
        await wait(10);
        seen = lookAt(near, port, 'frozen');
      }
      again.destroy();
      expect(seen).toMatchObject({ met: 'ack-foreign' });
      expect(seen!.packets.slice(0, 2)).toMatchObject([
        { way: 'out', kind: 'syn' },
        { way: 'in', kind: 'ack', about: 'another' },
      ]);
    } finally {
      near.stop();
      await pair.near.dropRules();
    }
  });

  it('leaves nothing open where its memory cannot be made', () => {
    const take = Arena.prototype.take;
    const refused = vi.spyOn(Arena.prototype, 'take').mockImplementation(function (this: Arena, length) {
      if (length > 1_048_576) throw new RangeError('no room');
      return take.call(this, length);
    });
    const open = (): number => readdirSync('/proc/self/fd').length;
    const before = open();
    try {
      expect(() => capture('10.77.0.2')).toThrow('no room');
      expect(open()).toBe(before);
    } finally {
      refused.mockRestore();
    }
  });

  it('ends where more packets come than may be read beside a load, says why, and finds nothing from then on', async () => {
    const lost: Error[] = [];
    const near = capture('10.77.0.2', lost, 1);
    const port = nextPort++;
    try {
      // What came before it looked for the first time has no rate.
      await wait(150);
      const socket = await open('10.77.0.2', port);
      for (let tries = 0; tries < 200 && lost.length === 0; tries += 1) await wait(10);
      socket.destroy();
      expect(lost.map(({ message }) => message)).toEqual([
        'there are so many that reading them would slow the load',
      ]);
      expect(near.look(Float64Array.of(0, 0, -1, port, 12, 0, 0, 0, 0))).toEqual({
        ...{ answers: {}, kept: [], dropped: 0 },
      });
    } finally {
      near.stop();
    }
  });
});
