import { describe, expect, it } from 'vitest';
import { findInterfaces, findRouteSource } from '../../../src/session/host/find-interfaces.ts';

const reading = {
  addresses: new Map([
    ['lo', ['127.0.0.1', '203.0.113.7']],
    ['eth0', ['10.0.0.5', '10.0.0.6', 'fd00::5']],
    ['wlan0', ['10.8.0.2']],
    ['docker0', ['172.17.0.1']],
  ]),
  loopbacks: new Set(['lo']),
};

const ROUTES = new Map([
  ['192.0.2.1', '10.0.0.5'],
  ['2001:db8::1', 'fd00::5'],
  ['198.51.100.1', '10.8.0.2'],
  ['127.0.0.9', '127.0.0.1'],
]);
const findRoute = async (endpoint: string): Promise<string | undefined> => ROUTES.get(endpoint);

const interfacesOf = async (endpoints: string[], sources: string[] = []): Promise<readonly string[]> =>
  (await findInterfaces({ endpoints, sources, unbound: [] }, reading, undefined, findRoute)).interfaces;

describe('interfaces that the load goes through', () => {
  it('are those of the routes to its endpoints, each once, and no others', async () => {
    expect(await interfacesOf(['192.0.2.1', '2001:db8::1'])).toEqual(['eth0']);
    expect(await interfacesOf(['192.0.2.1', '198.51.100.1'])).toEqual(['eth0', 'wlan0']);
  });

  it('and those of bound addresses', async () => {
    expect(await interfacesOf(['192.0.2.1'], ['10.8.0.2', '10.0.0.6'])).toEqual(['wlan0', 'eth0']);
  });

  it('are none towards loopback, an address of this machine, or nowhere', async () => {
    expect(await interfacesOf(['127.0.0.9', '172.17.0.1', '233.252.0.1'], ['203.0.113.7'])).toEqual([]);
  });

  it('stay what they were while there is no route, or while the address is gone', async () => {
    const inUse = { endpoints: ['192.0.2.1'], sources: ['10.8.0.2'], unbound: [] };
    const first = await findInterfaces(inUse, reading, undefined, findRoute);
    const bare = { addresses: new Map([['lo', ['127.0.0.1']]]), loopbacks: new Set(['lo']) };
    const second = await findInterfaces(inUse, bare, first, async () => undefined);
    expect(second).toEqual(first);
    expect(second.interfaces).toEqual(['wlan0', 'eth0']);
  });

  it('are not told of addresses that no interface has, unless the load goes on untried after a kill', async () => {
    // 127.0.0.9 is local by its prefix; 10.66.0.1 may be by a route.
    const inUse = { endpoints: [], sources: ['127.0.0.9', '10.66.0.1'], unbound: [] };
    const begun = await findInterfaces(inUse, reading, undefined, findRoute, false);
    expect(begun.interfaces).toEqual([]);
    const resumed = await findInterfaces(inUse, reading, undefined, findRoute, true);
    expect(resumed.interfaces).toEqual(['the interface of 10.66.0.1']);
  });

  it('are found by asking the system for the route, which sends nothing', async () => {
    expect(await findRouteSource('127.0.0.9')).toBe('127.0.0.1');
    expect(await findRouteSource('::1')).toBe('::1');
  });
});
