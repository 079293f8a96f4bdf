import { describe, expect, it } from 'vitest';
import type { LinksInUse } from '../../../src/session/host/find-interfaces.ts';
import { type LinkChange, LinkWatch } from '../../../src/session/host/links.ts';
import type { LinkReading } from '../../../src/session/host/read-links.ts';

const OLD = '10.0.0.5';
const NEW = '10.0.0.9';
const ENDPOINT = '192.0.2.1';

interface Seen {
  readonly eth0?: readonly string[];
  readonly wlan0?: readonly string[];
  /** Of eth0; absent: nobody tells. */
  readonly downs?: number;
  readonly carrier?: boolean;
  /** The source that the system chooses. */
  readonly route?: string;
}

const readingOf = ({ eth0, wlan0, downs, carrier = true }: Seen): LinkReading => ({
  addresses: new Map(
    Object.entries({ lo: ['127.0.0.1', '203.0.113.7'], eth0, wlan0, docker0: ['172.17.0.1'] }).flatMap(
      ([name, addresses]) => (addresses === undefined ? [] : [[name, addresses] as const]),
    ),
  ),
  carriers: new Map(downs === undefined ? [] : [['eth0', { isUp: carrier, downs }]]),
  loopbacks: new Set(['lo']),
});

const inUseOf = (route: string, sources: readonly string[]): LinksInUse => ({
  interfaces: [route.startsWith('10.8.') ? 'wlan0' : 'eth0'],
  sources,
  routes: new Map([[ENDPOINT, route]]),
  chosen: new Map(sources.length > 0 ? [] : [[ENDPOINT, route]]),
  homes: new Map([[route, 'eth0']]),
});

/** What is told at each reading after the first. */
const tell = (seen: readonly Seen[]): LinkChange[][] => {
  const watch = new LinkWatch();
  let route = OLD;
  const told = seen.map((one) => {
    route = one.route ?? route;
    return watch.check(readingOf(one), inUseOf(route, []));
  });
  expect(told[0]).toEqual([]);
  return told.slice(1);
};

const lost = (why: string): object => ({ what: 'lost', name: 'eth0', why });
const regained = { what: 'regained', name: 'eth0' };
const gone = (from: readonly string[], to: readonly string[]): object => ({
  ...{ what: 'address-changed', how: 'gone', name: 'eth0', from, to, vanished: true },
});
const rerouted = (from: readonly string[], to: string, vanished: boolean, name = 'eth0'): object => ({
  ...{ what: 'address-changed', how: 'rerouted', name, from, to: [to], vanished },
});

describe('what befell the links', () => {
  it.each<{ title: string; seen: Seen[]; told: object[][] }>([
    {
      title: 'nothing',
      seen: [
        { eth0: [OLD], downs: 3 },
        { eth0: [OLD], downs: 3 },
      ],
      told: [[]],
    },
    {
      title: 'a carrier that was lost, before the interface is taken for down, and came back',
      seen: [
        { eth0: [OLD], downs: 1 },
        { eth0: [OLD], downs: 2, carrier: false },
        { downs: 2, carrier: false },
        { downs: 2 },
        { eth0: [OLD], downs: 2 },
        { eth0: [OLD], downs: 2 },
      ],
      told: [[lost('carrier')], [], [], [regained], []],
    },
    {
      title: 'the same where nobody tells of carriers',
      seen: [{ eth0: [OLD] }, {}, {}, { eth0: [OLD] }],
      told: [[lost('unknown')], [], [regained]],
    },
    {
      title: 'a carrier that was lost twice and is back, between two readings',
      seen: [
        { eth0: [OLD], downs: 4 },
        { eth0: [OLD], downs: 6 },
        { eth0: [OLD], downs: 6 },
      ],
      told: [[{ what: 'flapped', name: 'eth0', times: 2 }], []],
    },
    {
      title: 'a carrier that was lost and is back, before the interface is up again',
      seen: [{ eth0: [OLD], downs: 4 }, { downs: 5 }, { eth0: [OLD], downs: 5 }],
      told: [[lost('carrier')], [regained]],
    },
    {
      title: 'an interface that was removed and made again',
      seen: [
        { eth0: [OLD], downs: 4 },
        { eth0: [OLD], downs: 0 },
      ],
      told: [[{ what: 'flapped', name: 'eth0', times: 1 }]],
    },
    {
      title: 'a counter that is not told for a while',
      seen: [
        { eth0: [OLD], downs: 4 },
        { eth0: [OLD] },
        { eth0: [OLD], downs: 9 },
        { eth0: [OLD], downs: 9 },
      ],
      told: [[], [], []],
    },
    {
      title: 'an address that was replaced: told once, although the route follows later',
      seen: [{ eth0: [OLD] }, { eth0: [NEW] }, { eth0: [NEW], route: NEW }, { eth0: [NEW] }],
      told: [[gone([OLD], [NEW])], [], []],
    },
    {
      title: 'an address that went before the next came: a link without an address meanwhile',
      seen: [
        { eth0: [OLD], downs: 0 },
        { downs: 0 },
        { eth0: [NEW], downs: 0 },
        { eth0: [NEW], downs: 0, route: NEW },
      ],
      told: [[lost('addresses')], [regained, gone([OLD], [NEW])], []],
    },
    {
      title: 'an address that went while another stayed, and one that came in its place',
      seen: [
        { eth0: [OLD, 'fd00::5'] },
        { eth0: ['fd00::5'] },
        { eth0: ['fd00::5', NEW] },
        { eth0: ['fd00::5', NEW], route: NEW },
      ],
      told: [[gone([OLD], [])], [], [rerouted([], NEW, false)]],
    },
    {
      title: 'an address nobody uses: nothing',
      seen: [{ eth0: [OLD, '10.0.0.6'] }, { eth0: [OLD] }, { eth0: [OLD, '10.0.0.7'] }],
      told: [[], []],
    },
    {
      title: 'a link nobody uses: nothing',
      seen: [{ eth0: [OLD], wlan0: ['10.8.0.2'] }, { eth0: [OLD] }],
      told: [[]],
    },
    {
      title: 'another source chosen although the first is still there',
      seen: [{ eth0: [OLD, NEW] }, { eth0: [OLD, NEW], route: NEW }],
      told: [[rerouted([OLD], NEW, false)]],
    },
    {
      title: 'a cable pulled, and Wi-Fi in its place',
      seen: [
        { eth0: [OLD], wlan0: ['10.8.0.2'] },
        { wlan0: ['10.8.0.2'] },
        { wlan0: ['10.8.0.2'], route: '10.8.0.2' },
        { wlan0: ['10.8.0.2'] },
      ],
      told: [[lost('unknown')], [regained, rerouted([OLD], '10.8.0.2', true, 'wlan0')], []],
    },
  ])('$title', ({ seen, told }) => {
    expect(tell(seen)).toEqual(told);
  });

  it('tells of a bound address that is gone, once, and not of one that was never listed', () => {
    const watch = new LinkWatch();
    const inUse = inUseOf(OLD, ['10.0.0.50', '127.5.5.5']);
    expect(watch.check(readingOf({ eth0: [OLD, '10.0.0.50'] }), inUse)).toEqual([]);
    expect(watch.check(readingOf({ eth0: [OLD] }), inUse)).toEqual([gone(['10.0.0.50'], [OLD])]);
    expect(watch.check(readingOf({ eth0: [OLD] }), inUse)).toEqual([]);
  });

  it('does not tell of an address that is gone and that nothing is bound to', () => {
    const watch = new LinkWatch();
    const inUse = inUseOf(OLD, ['10.0.0.50']);
    expect(watch.check(readingOf({ eth0: [OLD, '10.0.0.50'] }), inUse)).toEqual([]);
    expect(watch.check(readingOf({ eth0: [NEW, '10.0.0.50'] }), inUseOf(NEW, ['10.0.0.50']))).toEqual([]);
  });

  it('tells of a link that was down already when it was found to be in use', () => {
    expect(new LinkWatch().check(readingOf({}), inUseOf(OLD, []))).toEqual([lost('unknown')]);
  });
});
