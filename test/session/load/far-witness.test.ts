import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ArrivedSyn } from '../../../src/evidence/peer/arrivals.ts';
import { FarSide } from '../../../src/session/far-side.ts';
import { findArrived, type SynMark } from '../../../src/session/load/far-witness.ts';
import { checkPortPreservation } from '../../../src/session/load/port-preservation.ts';
import { resolveArms } from '../../../src/session/load/resolve.ts';
import { scenarioOf } from '../../scenario/support.ts';
import { makeRouted, type Routed } from '../../support/namespaces.ts';
import { enterNamespace } from '../../support/own-network.ts';
import { suiteNeeding } from '../../support/suite-needing.ts';

const MAIN = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url));
const SOURCES = ['10.77.0.1', '10.77.0.3'] as const;
const ENDPOINT = '10.78.0.2:3128';

const sweep = () =>
  scenarioOf(
    `  x: { via: direct, target: "http://${ENDPOINT}/", source: { addresses: [${SOURCES}], ports: 24000-24099 }, load: { sweep: { delays: [1s], pairs: 5 } } }`,
  );

const planned = () => ({
  arm: sweep().arms[0]!,
  endpoints: [{ address: '10.78.0.2', port: 3_128, family: 4 as const }],
  sources: [...SOURCES],
  ports: [{ from: 24_000, to: 24_099 }],
});

const syn = (address: string, port: number, isn = 1, timestamp = -1): ArrivedSyn => ({
  ...{ address, port, toPort: 3_128, isn, timestamp },
});

describe('a SYN of ours among those that arrived', () => {
  it('is found by its number, whatever its port', () => {
    const arrived = [syn('192.0.2.1', 24_092, 5), syn('192.0.2.1', 7, 9)];
    expect(findArrived({ isn: 9, timestamp: -1 }, arrived)).toBe(arrived[1]);
  });

  it('is found by its timestamp where its number was changed, unless another has the same', () => {
    const [one, again, other] = [
      syn('192.0.2.1', 7, 5, 77),
      syn('192.0.2.1', 7, 5, 77),
      syn('192.0.2.1', 8, 6, 77),
    ];
    const mark: SynMark = { isn: 1_000, timestamp: 77 };
    expect(findArrived(mark, [one!, again!])).toBe(one);
    expect(findArrived(mark, [one!, other!])).toBeUndefined();
    expect(findArrived({ isn: 1_000, timestamp: -1 }, [syn('192.0.2.1', 7)])).toBeUndefined();
  });
});

describe('what a peer shows of the ports of a sweep', () => {
  /** @param arrive what arrives at the peer for each connection */
  async function check(arrive: (source: string, port: number) => ArrivedSyn[], knowsOwn: boolean) {
    const arrived: ArrivedSyn[] = [];
    const sent = new Map<number, SynMark>();
    return checkPortPreservation(planned(), {
      ask: async (_arm, _endpoint, source, port) => {
        sent.set(port, { isn: port * 1_000, timestamp: -1 });
        arrived.push(...arrive(source, port));
        return { isAnswered: true, seen: undefined };
      },
      witness: { mark: () => 0, since: async () => arrived },
      watchOwn: () => (knowsOwn ? { find: (port) => sent.get(port), stop: () => undefined } : undefined),
    });
  }
  const external = (source: string): string => source.replace('10.77.0', '192.0.2');

  it.each([
    ['kept', (_: string, port: number) => [syn('192.0.2.1', port, port * 1_000)], true, 'preserved'],
    ['changed', (_: string, port: number) => [syn('192.0.2.1', port ^ 1, port * 1_000)], true, 'reassigned'],
    [
      'kept, by two addresses',
      (source: string, port: number) => [syn(external(source), port, port * 1_000)],
      true,
      'apart',
    ],
    ['kept, as ports alone show', (_: string, port: number) => [syn('192.0.2.1', port)], false, 'preserved'],
    [
      'kept, by two addresses, as ports alone show',
      (source: string, port: number) => [syn(external(source), port)],
      false,
      'apart',
    ],
    [
      'changed, which ports alone cannot show',
      (_: string, port: number) => [syn('192.0.2.1', port + 500)],
      false,
      'unknown',
    ],
    [
      'kept by most, which tells nothing of the others if their numbers were changed',
      (_: string, port: number) => [syn('192.0.2.1', port < 24_097 ? port : port + 500)],
      true,
      'unknown',
    ],
    ['not to be seen', () => [], true, 'unknown'],
    [
      'those of others',
      () => [syn('192.0.2.1', 24_092, 3)].map((one) => ({ ...one, toPort: 80 })),
      false,
      'unknown',
    ],
  ] as const)('are %s', async (_, arrive, knowsOwn, ports) => {
    const found = await check(arrive, knowsOwn);
    expect(found.ports).toBe(ports);
    expect(found.because).toMatch(/^the peer saw/);
  });
});

/** Answers everybody, and says nothing of whom it saw. */
const ANSWER = `require('node:net').createServer((socket) => {
  socket.on('error', () => {}); socket.once('data', () => socket.end('HTTP/1.1 200 OK\\r\\nContent-Length: 0\\r\\nConnection: close\\r\\n\\r\\n'));
}).listen(3128, '10.78.0.2', () => console.log('ready'))`;

const nat = (rules: string): string =>
  `table ip nat {\n chain post {\n type nat hook postrouting priority 100;\n ${rules}\n }\n}\n`;

suiteNeeding('a peer behind a NAT', ['linux', 'root', 'netns', 'ip', 'nft', 'npm:koffi'], () => {
  let routed: Routed;
  let remove: (() => Promise<void>) | undefined;
  let leave: (() => void) | undefined;
  let farSide: FarSide | undefined;

  beforeAll(async () => {
    ({ remove, ...routed } = await makeRouted());
    const { near, router, far } = routed;
    await near.configure([`addr add ${SOURCES[1]}/24 dev cable`]);
    await router.configure(['addr add 10.78.0.253/24 dev far']);
    await once(far.spawn(process.execPath, '-e', ANSWER).stdout!, 'data');
    const peer = far.spawn(process.execPath, MAIN, 'peer', '--listen', '10.78.0.2:7411', '--watch', '3128');
    let printed = '';
    for await (const piece of peer.stdout!) {
      printed += piece;
      if (/--peer-fingerprint \S+\s/.test(printed)) break;
    }
    const [, token = ''] = /export RUSHHOUR_PEER_TOKEN=(\S+)/.exec(printed) ?? [];
    const [, fingerprint = ''] = /--peer-fingerprint (\S+)/.exec(printed) ?? [];
    leave = enterNamespace(near.name);
    farSide = await FarSide.open({ host: '10.78.0.2', port: 7_411, fingerprint, token }, {});
  });
  afterAll(async () => {
    farSide?.close();
    leave?.();
    await remove?.();
  });

  // Rules that come while the connection to the peer is open would translate that as well, if its next packet is one of ours.
  it.each([
    ['that keeps ports', 'ip saddr 10.77.0.0/24 tcp dport 3128 masquerade', 'preserved'],
    [
      'that changes them',
      'ip saddr 10.77.0.0/24 tcp dport 3128 masquerade to :40000-50000 random',
      'reassigned',
    ],
    [
      'with an external address for each source',
      'ip saddr 10.77.0.1 tcp dport 3128 snat to 10.78.0.254; ip saddr 10.77.0.3 tcp dport 3128 snat to 10.78.0.253',
      'apart',
    ],
  ])('shows what became of the ports: one %s', async (_, rules, ports) => {
    await routed.router.dropRules();
    await routed.router.loadRules(nat(rules));
    const [ready] = await resolveArms(sweep());
    const found = await checkPortPreservation(ready!, { witness: farSide!.witness });
    expect(found).toMatchObject({ ports, because: expect.stringMatching(/^the peer saw/) });
  });
});
