import { expect, it } from 'vitest';
import type { LinkInterface } from '../../../../src/net/link/interfaces.ts';
import { LinkWatch } from '../../../../src/session/load/packets/link-watch.ts';

const MAC = '02:00:5e:10:00:01';
const GATEWAY = '02:00:5e:10:00:fe';
const SOUND: LinkInterface = {
  ...{ name: 'eth0', index: 7, hardware: 'ethernet', kind: '', mac: MAC, mtu: 1_500 },
  ...{ isUp: true, hasCarrier: true, isWithoutArp: false, isWireless: false },
};
const PATH = {
  ...{ interfaceName: 'eth0', interfaceIndex: 7, mac: MAC, mtu: 1_500 },
  ...{ nextHop: '192.0.2.1', nextHopMac: GATEWAY, source: '192.0.2.10' },
};

/** Five looks at a link, of which the third and the fourth see something else. */
async function watch(
  seen: Partial<LinkInterface> | undefined,
  own = ['192.0.2.10'],
  has = own,
  answers = GATEWAY,
) {
  const warnings: string[] = [];
  const lost: string[] = [];
  let looks = 0;
  const isOther = (): boolean => looks === 3 || looks === 4;
  const links = new LinkWatch({
    links: [{ path: PATH, ownAddresses: own }],
    warn: (message) => warnings.push(message),
    onLost: ({ message }) => lost.push(message),
    lookups: {
      find: () => (isOther() ? (seen === undefined ? undefined : { ...SOUND, ...seen }) : SOUND),
      addresses: () => new Set(isOther() ? has : own),
      ask: async () => answers,
    },
  });
  for (looks = 1; looks <= 6 && lost.length === 0; looks += 1) await links.look();
  return { warnings, lost, lostSec: links.takeLostSec(), again: links.takeLostSec() };
}

it('tells nothing of a link that stays as it was', async () => {
  expect(await watch({})).toEqual({ warnings: [], lost: [], lostSec: 0, again: 0 });
});

it.each<[string, Partial<LinkInterface>]>([
  ['eth0 is down', { isUp: false, hasCarrier: false }],
  ['eth0 has lost its carrier', { hasCarrier: false }],
  ['changed its Ethernet address to 02:00:00:00:00:99', { mac: '02:00:00:00:00:99' }],
  ['went down from 1500 to 1000 bytes', { mtu: 1_000 }],
])('warns once of what is amiss, and counts its seconds: %s', async (text, seen) => {
  const { warnings, lostSec, again } = await watch(seen);
  expect(warnings).toEqual([expect.stringContaining(text)]);
  expect([lostSec, again]).toEqual([2, 0]);
});

it('misses an address of this machine, but none that is emulated', async () => {
  const { warnings, lostSec } = await watch({}, ['192.0.2.10', '192.0.2.11'], ['192.0.2.10']);
  expect(warnings).toEqual([expect.stringContaining('no longer has the address 192.0.2.11')]);
  expect(lostSec).toBe(2);
  expect((await watch({}, [])).warnings).toEqual([]);
});

it('finds that the gateway has moved, from the look after the one that asked', async () => {
  const { warnings, lostSec } = await watch({}, [], [], '02:00:00:00:00:77');
  expect(warnings).toEqual([
    expect.stringContaining('192.0.2.1 changed its Ethernet address to 02:00:00:00:00:77'),
  ]);
  expect(lostSec).toBe(1);
});

it('ends it all where the interface is gone, though another may have its name', async () => {
  const { lost, warnings } = await watch(undefined);
  expect([lost, warnings]).toEqual([[expect.stringContaining('eth0 is gone or was recreated')], []]);
});
