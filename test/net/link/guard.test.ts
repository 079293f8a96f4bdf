import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { formatAddress } from '../../../src/net/addresses.ts';
import { addressRanges } from '../../../src/net/link/address-ranges.ts';
import { makePair, type Pair } from '../../support/namespaces.ts';
import { suiteNeeding } from '../../support/suite-needing.ts';
import { type Linked, startLinked } from './linked.ts';

describe('ranges of addresses', () => {
  it.each([
    [
      ['10.0.0.2', '10.0.0.1', '10.0.0.4', '10.0.0.1'],
      ['10.0.0.1-10.0.0.2', '10.0.0.4-10.0.0.4'],
    ],
    [['10.0.0.255', '10.0.1.0'], ['10.0.0.255-10.0.1.0']],
    [
      ['fd00::ffff', 'fd00::1:0', 'fd00::'],
      ['fd00::-fd00::', 'fd00::ffff-fd00::1:0'],
    ],
    [[], []],
  ])('%j is %j', (addresses, ranges) => {
    const found = addressRanges(addresses).map(
      ({ from, to }) => `${formatAddress(from)}-${formatAddress(to)}`,
    );
    expect(found).toEqual(ranges);
  });
});

suiteNeeding('the guard', ['linux', 'root', 'netns', 'ip', 'nft', 'python3', 'npm:koffi'], () => {
  let pair: Pair;
  let remove: () => Promise<void>;
  let linked: Linked;
  const port = 8_080;

  beforeAll(async () => {
    ({ pair, remove } = await makePair());
    const server = pair.far.spawn('python3', '-u', '-c', SERVER);
    await once(createInterface({ input: server.stdout! }), 'line');
    await pair.near.configure(["link add 'a;b\"c' type veth peer name other"]);
    linked = startLinked(pair.near.name);
  });
  afterEach(async () => {
    await linked.kill();
    linked = startLinked(pair.near.name);
  });
  afterAll(async () => {
    await linked?.end();
    await remove?.();
  });

  const own = () => [
    {
      interfaceName: 'cable',
      family: 4,
      addresses: [pair.nearAddress],
      only: { endpoints: [{ address: pair.farAddress, port }], ports: [{ from: 61_000, to: 61_999 }] },
    },
    {
      interfaceName: 'cable',
      family: 6,
      addresses: ['fd77::1'],
      only: { endpoints: [{ address: pair.farAddress6, port }], ports: [{ from: 61_000, to: 61_999 }] },
    },
  ];
  /** Which of these are answered: all at once, each from a port of its own. */
  const connect = async (
    ...tries: (readonly [from: number, to: string, toPort: number])[]
  ): Promise<boolean[]> => JSON.parse(await pair.near.run('python3', '-c', CLIENT, JSON.stringify(tries)));
  const tables = async (): Promise<string> => pair.near.run('nft', 'list', 'tables');

  it('takes from the kernel what comes from the endpoints to these ports, and nothing else', async () => {
    await linked.call('setGuard', own());
    const { farAddress: far, farAddress6: far6 } = pair;
    expect(
      await connect(...([61_000, 61_999].map((from) => [from, far, port]) as [number, string, number][]), [
        61_500,
        far6,
        port,
      ]),
    ).toEqual([false, false, false]);
    expect(
      await connect(
        ...([60_999, 62_000].map((from) => [from, far, port]) as [number, string, number][]),
        [62_000, far6, port],
        [61_001, far, port + 1],
      ),
    ).toEqual([true, true, true, true]);
  });

  it('leaves what it takes to packet taps', async () => {
    await linked.call('setGuard', own());
    const tap = pair.near.spawn('python3', '-u', '-c', TAP, String(port));
    const lines = createInterface({ input: tap.stdout! });
    await once(lines, 'line');
    // SYN-ACKs that the far end sends again, of what was tried before, may come as well.
    const seen: string[] = [];
    lines.on('line', (line) => seen.push(line));
    expect(await connect([61_002, pair.farAddress, port])).toEqual([false]);
    await expect.poll(() => seen).toContain('61002');
  });

  it('takes all that goes to addresses of nobody, forwarding or not', async () => {
    await linked.call('setGuard', [
      { interfaceName: 'cable', family: 4, addresses: ['10.77.0.40', '10.77.0.41'] },
    ]);
    const rules = await pair.near.run('nft', 'list', 'ruleset');
    expect(rules).toMatch(/ip daddr 10\.77\.0\.40-10\.77\.0\.41 counter packets 0 bytes 0 drop/);
    expect(rules).toMatch(/flags owner/);
    expect(rules).toMatch(/hook ingress device "cable" priority (filter - )?-?500/);
  });

  it('can be read by whoever lists the rules', async () => {
    await linked.call('setGuard', own());
    const rules = await pair.near.run('nft', 'list', 'ruleset');
    expect(rules).toMatch(
      /meta protocol ip ip saddr 10\.77\.0\.2 tcp sport 8080 jump ports-0|ip saddr 10\.77\.0\.2 tcp sport 8080 jump ports-0/,
    );
    expect(rules).toMatch(/tcp dport 61000-61999 jump addresses-0/);
    expect(rules).toMatch(/ip daddr 10\.77\.0\.1 counter packets \d+ bytes \d+ drop/);
    expect(rules).toMatch(/ip6 daddr fd77::1 counter packets \d+ bytes \d+ drop/);
  });

  it('is gone when it is released', async () => {
    const table = await linked.call<string>('setGuard', own());
    expect(await tables()).toContain(table);
    await linked.call('release', table);
    expect(await tables()).toBe('');
    expect(await connect([61_003, pair.farAddress, port])).toEqual([true]);
  });

  it('is gone after kill -9', async () => {
    const table = await linked.call<string>('setGuard', own());
    expect(await tables()).toContain(table);
    await linked.kill();
    for (let tries = 0; (await tables()) !== '' && tries < 100; tries += 1) await sleep(20);
    expect(await tables()).toBe('');
  });

  it('stays when somebody loads rules of his own', async () => {
    const table = await linked.call<string>('setGuard', own());
    await pair.near.dropRules();
    expect(await tables()).toContain(table);
  });

  it('guards several interfaces, whatever they are called, in a table for each run', async () => {
    const hostile = { interfaceName: 'a;b"c', family: 4, addresses: ['10.81.0.1'] };
    const names = [
      await linked.call<string>('setGuard', [...own(), hostile]),
      await linked.call<string>('setGuard', own()),
    ];
    expect(new Set(names).size).toBe(2);
    const listed = await tables();
    for (const name of names) expect(listed).toContain(name);
  });

  it('cannot be set without the capability, and says what gives it', async () => {
    await linked.end();
    linked = startLinked(pair.near.name, 'setpriv', '--bounding-set=-net_admin', '--inh-caps=-net_admin');
    expect(await linked.call('whyNoGuard')).toBe('EPERM');
    const { message, hint, exitCode } = await linked.refusal('setGuard', own());
    expect(message).toContain('CAP_NET_ADMIN');
    expect(hint).toMatch(/sudo.*setcap cap_net_raw,cap_net_admin\+ep/);
    expect(exitCode).toBe(5);
  });

  it('says whether it could be set', async () => {
    expect(await linked.call('whyNoGuard')).toBeNull();
    expect(await tables()).toBe('');
  });
});

/** Listens on both families and two ports, and keeps what it accepts. */
const SERVER = `
import socket
held = []
for family, host in ((socket.AF_INET, '0.0.0.0'), (socket.AF_INET6, '::')):
    for port in (8080, 8081):
        s = socket.socket(family); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6: s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        s.bind((host, port)); s.listen(); held.append(s)
print('listening')
import time; time.sleep(120)
`;

/** Connects from ports, and waits half a second where nobody answers: a SYN-ACK takes microseconds. */
const CLIENT = `
import json, select, socket, struct, sys, time
tries, poll = [], select.poll()
for source, host, port in json.loads(sys.argv[1]):
    s = socket.socket(socket.AF_INET6 if ':' in host else socket.AF_INET)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
    s.bind(('', source)); s.setblocking(False); s.connect_ex((host, port))
    poll.register(s, select.POLLOUT); tries.append(s)
answered, end = set(), time.monotonic() + 0.5
while len(answered) < len(tries) and (left := end - time.monotonic()) > 0:
    for fd, event in poll.poll(left * 1000):
        poll.unregister(fd)
        if not event & select.POLLERR: answered.add(fd)
print(json.dumps([s.fileno() in answered for s in tries]))
`;

/** Tells the port that the first SYN-ACK from a port goes to. */
const TAP = `
import socket, struct, sys
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)); s.bind(('cable', 3))
print('ready')
while True:
    frame = s.recv(256)
    if frame[12:14] == b'\\x08\\x00' and frame[23] == 6 and struct.unpack('!H', frame[34:36])[0] == int(sys.argv[1]) and frame[47] == 0x12:
        print(struct.unpack('!H', frame[36:38])[0])
`;
