import type { NetworkInterfaceInfo } from 'node:os';
import { describe, expect, it } from 'vitest';
import { EnvironmentError, UsageError } from '../../../src/errors.ts';
import type { LocalNetwork } from '../../../src/session/load/local-network.ts';
import { checkOverlaps, checkSources } from '../../../src/session/load/preflight.ts';
import { resolveArms } from '../../../src/session/load/resolve.ts';
import { scenarioOf } from '../../scenario/support.ts';

const info = (address: string, internal = false): NetworkInterfaceInfo => ({
  address,
  internal,
  netmask: '',
  mac: '',
  cidr: null,
  ...(address.includes(':') ? ({ family: 'IPv6', scopeid: 0 } as const) : ({ family: 'IPv4' } as const)),
});

const NETWORK: LocalNetwork = {
  interfaces: {
    lo: [info('127.0.0.1', true), info('::1', true)],
    eth0: [info('192.0.2.10'), info('192.0.2.11'), info('2001:db8::10'), info('fe80::1')],
    eth1: [info('198.51.100.7')],
  },
  blockedPorts: [{ from: 20_000, to: 20_003 }],
};

const planned = (arm: string, peer = '192.0.2.99') =>
  resolveArms(scenarioOf(`  x: { proxy: "${peer}:3128", load: { concurrency: 1, attempts: 1 }, ${arm} }`), {
    network: NETWORK,
  });

const sourcesOf = async (addresses: string, peer?: string): Promise<readonly string[]> =>
  (await planned(`source: { addresses: ${addresses} }`, peer))[0]!.sources;

describe('source addresses', () => {
  it('are taken as named, each once', async () => {
    expect(await sourcesOf('[192.0.2.11, 192.0.2.10, 192.0.2.11]')).toEqual(['192.0.2.11', '192.0.2.10']);
    expect((await planned('socket: { bind: 192.0.2.11 }'))[0]!.sources).toEqual(['192.0.2.11']);
  });

  it('of a network are those that this machine has', async () => {
    expect(await sourcesOf('192.0.2.0/24')).toEqual(['192.0.2.10', '192.0.2.11']);
    expect(await sourcesOf('192.0.2.10/32')).toEqual(['192.0.2.10']);
  });

  it('of a network of 127/8 are all of its hosts, listed or not', async () => {
    expect(await sourcesOf('127.0.5.0/29', '127.0.0.1')).toEqual(
      [1, 2, 3, 4, 5, 6].map((host) => `127.0.5.${host}`),
    );
    expect(await sourcesOf('127.0.5.7/32', '127.0.0.1')).toEqual(['127.0.5.7']);
    await expect(sourcesOf('127.0.0.0/8', '127.0.0.1')).rejects.toThrow('more than 1024');
  });

  it('of an interface are those of the family that the peer has', async () => {
    expect(await sourcesOf('interface:eth0')).toEqual(['192.0.2.10', '192.0.2.11']);
    expect(await sourcesOf('interface:eth0', '[2001:db8::99]')).toEqual(['2001:db8::10']);
  });

  it('may be all that can reach the peer, loopback ones only for a peer on loopback', async () => {
    expect(await sourcesOf('all')).toEqual(['192.0.2.10', '192.0.2.11', '198.51.100.7']);
    expect(await sourcesOf('all', '127.0.0.1')).toEqual(['127.0.0.1']);
  });

  it('that this machine lacks end the run before it starts, with the remedy', async () => {
    for (const [addresses, hint] of [
      ['interface:wlan0', 'name one of lo, eth0, eth1'],
      ['203.0.113.0/24', 'ip address add 203.0.113.0/32 dev lo'],
    ] as const) {
      const refusal = sourcesOf(addresses);
      await expect(refusal).rejects.toBeInstanceOf(EnvironmentError);
      await expect(refusal).rejects.toMatchObject({ hint: expect.stringContaining(hint) });
    }
    const arms = await planned('source: { addresses: 203.0.113.1 }');
    const machine = { addresses: ['192.0.2.10'], sysctls: {} };
    expect(() => checkSources(arms, machine)).toThrow('arm x: 203.0.113.1 is not an address of this machine');
    const nonlocal = { ...machine, sysctls: { 'net.ipv4.ip_nonlocal_bind': '1' } };
    expect(() => checkSources(arms, nonlocal)).not.toThrow();
  });

  it('cannot be of both families', async () => {
    await expect(sourcesOf('[192.0.2.10, "2001:db8::10"]')).rejects.toBeInstanceOf(UsageError);
    await expect(sourcesOf('"2001:db8::10"')).rejects.toThrow('no address of the same family');
  });

  it.each([
    ['fd00::/120', '192.0.2.99', 6, 'emulate an IPv4 network (such as 10.1.0.0/22)'],
    ['10.1.0.0/24', '[2001:db8::99]', 4, 'emulate an IPv6 network (such as fd00::/118)'],
  ])('to emulate have to be of the peer’s family: %s towards %s', async (emulated, peer, family, hint) => {
    const refused = await planned(
      `via: proxy, source: { addresses: "${emulated}", emulate: true }`,
      peer,
    ).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(EnvironmentError);
    const { message, hint: told } = refused as EnvironmentError;
    const host = peer.replace(/[[\]]/g, '');
    expect(message).toBe(
      `arm x: the emulated addresses are IPv${family}, and ${host} has no IPv${family} address`,
    );
    expect(told).toBe(`${hint}, or choose a peer that has an IPv${family} address`);
  });

  it('are the one that the system would choose where only ports are named', async () => {
    const [arm] = await planned('source: { ports: 30000-30001 }', '127.0.0.1');
    expect(arm).toMatchObject({ sources: ['127.0.0.1'], ports: [{ from: 30_000, to: 30_001 }] });
  });
});

describe('source ports', () => {
  it('leave out what the machine has given away', async () => {
    const [arm] = await planned('source: { addresses: 192.0.2.10, ports: 19999-20010 }');
    expect(arm?.ports).toEqual([
      { from: 19_999, to: 19_999 },
      { from: 20_004, to: 20_010 },
    ]);
  });

  it('of which none is left end the run before it starts', async () => {
    await expect(planned('source: { addresses: 192.0.2.10, ports: 20000-20003 }')).rejects.toThrow(
      'only 0 of the source ports 20000-20003 are free on this machine, but 1 are needed',
    );
  });

  it('may not be shared by two arms towards one peer', async () => {
    const both = (ports: string, other = '') =>
      resolveArms(
        scenarioOf(
          [
            `  a: { load: { concurrency: 1, attempts: 1 }, proxy: "127.0.0.1:3128", source: { addresses: 127.0.0.1, ports: 30000-30009 } }`,
            `  b: { load: { concurrency: 1, attempts: 1 }, proxy: "127.0.0.1:3128", source: { addresses: 127.0.0.1, ports: ${ports} } ${other} }`,
          ].join('\n'),
        ),
        { network: NETWORK },
      );
    const shared = await both('30009-30020');
    expect(() => checkOverlaps(shared)).toThrow(UsageError);
    const apart = await both('30010-30020');
    expect(() => checkOverlaps(apart)).not.toThrow();
  });
});

describe('a sweep', () => {
  const sweep = (source: string) =>
    resolveArms(
      scenarioOf(
        `  x: { proxy: "192.0.2.99:3128", load: { sweep: { delays: [1s], pairs: 5 } }, source: ${source} }`,
      ),
      { network: NETWORK },
    );

  it('is given two addresses and ports enough', async () => {
    const [arm] = await sweep('{ addresses: all, ports: 20000-20008 }');
    expect(arm).toMatchObject({
      sources: ['192.0.2.10', '192.0.2.11'],
      ports: [{ from: 20_004, to: 20_008 }],
    });
  });

  it('is refused where this machine has but one address, or too few ports are free', async () => {
    await expect(sweep('{ addresses: "interface:eth1", ports: 30000-30099 }')).rejects.toThrow(
      'a sweep needs two source addresses; available: 198.51.100.7',
    );
    await expect(sweep('{ addresses: all, ports: 20000-20007 }')).rejects.toThrow(
      'only 4 of the source ports 20000-20007 are free on this machine, but 5 are needed',
    );
  });
});

describe('names with several addresses', () => {
  // Of documentation (RFC 5737, RFC 3849) and loopback: nothing is sent, and this machine has a way to its own loopback at least.
  const BOTH = [
    { address: '2001:db8::99', family: 6 },
    { address: '127.0.0.1', family: 4 },
    { address: '::1', family: 6 },
    { address: '127.0.0.2', family: 4 },
  ] as const;
  const warnings: string[] = [];
  const endpointsOf = async (found: readonly { address: string; family: number }[], besides = '') => {
    warnings.length = 0;
    const [arm] = await resolveArms(scenarioOf(`  x: { load: { concurrency: 1, attempts: 1 } ${besides} }`), {
      network: NETWORK,
      warn: (message) => warnings.push(message),
      lookUp: async () => found,
    });
    return { addresses: arm!.endpoints.map(({ address }) => address), sources: arm!.sources };
  };
  const LOOPBACK = BOTH.slice(1);

  it('are connected to by both families, or by the preferred one where there is any', async () => {
    expect((await endpointsOf(LOOPBACK)).addresses).toEqual(['127.0.0.1', '::1', '127.0.0.2']);
    expect((await endpointsOf(LOOPBACK, ', prefer: 4')).addresses).toEqual(['127.0.0.1', '127.0.0.2']);
    expect((await endpointsOf(LOOPBACK, ', prefer: 6')).addresses).toEqual(['::1']);
    expect((await endpointsOf([BOTH[1]], ', prefer: 6')).addresses).toEqual(['127.0.0.1']);
    expect(warnings).toEqual([]);
  });

  it('stand in the order of preference where the first that answers is taken', async () => {
    const { addresses } = await endpointsOf(LOOPBACK, ', prefer: 6, addresses: first');
    expect(addresses).toEqual(['::1', '127.0.0.1', '127.0.0.2']);
  });

  it('are all of one family where only ports are named, for an address has to be bound besides', async () => {
    const bound = await endpointsOf(LOOPBACK, ', source: { ports: 30000-30099 }');
    expect(bound).toEqual({ addresses: ['127.0.0.1', '127.0.0.2'], sources: ['127.0.0.1'] });
  });
});

describe('an address with a zone', () => {
  const resolved = (zone: string) =>
    resolveArms(
      scenarioOf(`  x: { proxy: "[fe80::1%25${zone}]:3128", load: { concurrency: 1, attempts: 1 } }`),
      { network: NETWORK },
    );

  it('is connected to by it', async () => {
    const [arm] = await resolved('lo');
    expect(arm?.endpoints).toEqual([{ address: 'fe80::1%lo', port: 3128, family: 6 }]);
  });

  it('of an interface that this machine lacks ends the run before it starts, and names those that it has', async () => {
    await expect(resolved('nowhere0')).rejects.toThrow('names the interface nowhere0');
    await expect(resolved('nowhere0')).rejects.toMatchObject({
      hint: expect.stringContaining('name one of lo'),
    });
  });
});
