import { afterAll, beforeAll, expect, it } from 'vitest';
import type { LinkRoute } from '../../../src/net/link/find-link-path.ts';
import type { LinkInterface } from '../../../src/net/link/interfaces.ts';
import type { LinkPath } from '../../../src/net/link/types.ts';
import { makePair, type Pair } from '../../support/namespaces.ts';
import { suiteNeeding } from '../../support/suite-needing.ts';
import { type Linked, startLinked } from './linked.ts';

suiteNeeding('the way to an endpoint', ['linux', 'root', 'netns', 'ip', 'npm:koffi'], () => {
  let pair: Pair;
  let remove: () => Promise<void>;
  let linked: Linked;

  beforeAll(async () => {
    ({ pair, remove } = await makePair());
    await pair.far.configure(
      ['10.77.0.3/24', 'fd77::3/64', 'fe80::33/64', 'fe80::34/64'].map(
        (own) => `addr add ${own} dev cable nodad`,
      ),
    );
    await pair.near.configure([
      'neigh del 10.77.0.2 dev cable',
      'neigh del fd77::2 dev cable',
      'route add 10.8.0.0/16 via 10.77.0.2 mtu 1400',
      'route add 10.9.0.0/16 via inet6 fd77::2 dev cable',
      'route add 10.10.0.0/16 via 10.77.0.99',
      'route add unreachable 10.11.0.0/16',
      'route add fd08::/64 via fd77::2',
      'link add standing type veth peer name standing-too',
      'link set standing arp off',
      'link set standing-too up',
      'addr add 10.78.0.1/24 dev standing',
      'link set standing up',
      'link add idle type veth peer name idle-too',
      'addr add 10.79.0.1/24 dev idle',
      'tuntap add dev tunnel mode tun',
      'addr add 10.80.0.1/24 dev tunnel',
      'link set tunnel up',
    ]);
    linked = startLinked(pair.near.name);
  });
  afterAll(async () => {
    await linked?.end();
    await remove?.();
  });

  const path = (address: string, question = {}) =>
    linked.call<LinkPath>('findLinkPath', { address, family: address.includes(':') ? 6 : 4 }, question);
  const refusal = (address: string, question = {}) =>
    linked.refusal('findLinkPath', { address, family: address.includes(':') ? 6 : 4 }, question);
  const neighbours = () => pair.near.run('ip', 'neigh', 'show', 'dev', 'cable');

  it('asks a neighbour who is not known, and leaves the kernel’s table alone', async () => {
    const [cable] = (await linked.call<LinkInterface[]>('listInterfaces')).filter(
      ({ name }) => name === 'cable',
    );
    expect(await path('10.77.0.3')).toEqual({
      interfaceName: 'cable',
      interfaceIndex: cable?.index,
      mac: '02:00:00:00:00:01',
      nextHop: '10.77.0.3',
      nextHopMac: '02:00:00:00:00:02',
      source: '10.77.0.1',
      mtu: 1_500,
    });
    expect(await neighbours()).not.toContain('10.77.0.3');
  });

  it('asks by neighbour discovery over IPv6', async () => {
    expect((await path('fd77::3')).nextHopMac).toBe('02:00:00:00:00:02');
    expect((await path('fd08::1')).nextHopMac).toBe('02:00:00:00:00:02');
  });

  it('takes what is written down without asking', async () => {
    await pair.near.configure(['neigh replace 10.77.0.50 lladdr 02:00:00:00:00:50 dev cable nud permanent']);
    expect((await path('10.77.0.50')).nextHopMac).toBe('02:00:00:00:00:50');
  });

  it('goes by the gateway, with the MTU of the route', async () => {
    const route = await linked.call<LinkRoute>('findLinkRoute', { address: '10.8.0.1', family: 4 });
    expect(route).toMatchObject({ nextHop: '10.77.0.2', hasGateway: true, source: '10.77.0.1', mtu: 1_400 });
    expect(await path('10.8.0.1')).toMatchObject({ nextHopMac: '02:00:00:00:00:02', mtu: 1_400 });
  });

  it('finds an IPv6 gateway of an IPv4 route, from an address that nobody has as well', async () => {
    expect(await path('10.9.0.1', { source: 'fd77::77' })).toMatchObject({
      nextHopMac: '02:00:00:00:00:02',
    });
    expect(await path('10.8.0.1', { source: '10.77.0.77' })).toMatchObject({
      nextHopMac: '02:00:00:00:00:02',
    });
  });

  it('goes by a link-local gateway, and to a link-local address', async () => {
    // One that is there at once: the link's own is tentative for a second (RFC 4862 section 5.4).
    await pair.near.configure(['route replace fd09::/64 via fe80::34 dev cable']);
    expect((await path('fd09::1')).nextHopMac).toBe('02:00:00:00:00:02');
    expect((await path('fe80::33%cable')).nextHopMac).toBe('02:00:00:00:00:02');
  });

  it.each([
    ['127.0.0.1', 'loopback', 2],
    ['::1', 'loopback', 2],
    ['10.77.0.1', 'this machine itself', 2],
    ['fd77::1', 'this machine itself', 2],
    ['10.77.0.255', 'broadcast', 2],
    ['255.255.255.255', 'broadcast', 2],
    ['224.0.0.1', 'multicast', 2],
    ['ff02::1', 'multicast', 2],
    ['0.0.0.0', 'a reserved address', 2],
    ['10.78.0.2', 'it has no ARP', 5],
    ['10.80.0.2', 'without Ethernet addresses', 5],
    ['10.11.0.1', 'no route', 5],
    ['10.99.0.1', 'no route', 5],
    ['10.77.0.98', 'does not answer ARP on cable', 5],
    ['10.10.0.1', 'the gateway 10.77.0.99 towards 10.10.0.1 does not answer ARP', 5],
    ['fd77::98', 'does not answer neighbour discovery on cable', 5],
  ])('refuses %s: %s', async (address, why, exitCode) => {
    const { message, hint, ...error } = await refusal(address);
    expect(message).toContain(why);
    expect(hint).toBeTruthy();
    expect(error.exitCode).toBe(exitCode);
  });

  it('refuses a gateway of this machine as a target', async () => {
    const { message, exitCode } = await refusal('10.77.0.2');
    expect(message).toContain('is a gateway of this machine');
    expect(exitCode).toBe(2);
  });

  it.each([
    ['idle', 'cannot use idle: it is down'],
    ['nowhere', 'no interface nowhere'],
    ['no;such"$(name)', 'no interface no;such"$(name)'],
    ['standing', 'it has no ARP'],
  ])('refuses interface %s', async (interfaceName, why) => {
    const { message, exitCode } = await refusal('10.77.0.50', { interfaceName });
    expect(message).toContain(why);
    expect(exitCode).toBe(5);
  });
});
