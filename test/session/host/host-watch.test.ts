import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { emptyCounts } from '../../../src/metrics/counts.ts';
import { createSessionClock } from '../../../src/session/host/clocks.ts';
import type { HostEvent } from '../../../src/session/host/host-event.ts';
import { createHostWatch } from '../../../src/session/host/host-watch.ts';
import { FakeClocks } from './fake-clocks.ts';

const ENDPOINT = '192.0.2.1';
const ELSEWHERE = '192.0.2.2';

/** A night on a machine with one interface, at the test's command. */
class Night {
  readonly clocks = new FakeClocks();
  readonly #clock = createSessionClock({ clocks: this.clocks });
  addresses: readonly string[] = ['10.0.0.5'];
  downs = 0;
  answer: readonly string[] = [ENDPOINT];
  resolverFails = false;
  /** What happened, in the order in which it was told. */
  readonly told: (HostEvent | { readonly ended: string; readonly toSec: number } | string)[] = [];
  readonly #kinds: string[] = [];

  readonly watch = createHostWatch({
    clock: this.#clock,
    onBegin: (hostEvent) => {
      this.told.push(hostEvent);
      return this.#kinds.push(hostEvent.kind) - 1;
    },
    onEnd: (id, toSec) => this.told.push({ ended: this.#kinds[id]!, toSec }),
    onNewSegment: () => this.told.push('new leg'),
    onNote: (text) => this.told.push(text),
    system: {
      everySec: 2,
      lookUp: async () => {
        if (this.resolverFails) throw new Error('getaddrinfo EAI_AGAIN proxy.example');
        return this.answer;
      },
      findRoute: async () => this.addresses[0],
      links: {
        seesFlaps: true,
        read: () => ({
          addresses: new Map(this.addresses.length === 0 ? [] : [['eth0', this.addresses]]),
          carriers: new Map([['eth0', { isUp: true, downs: this.downs }]]),
          loopbacks: new Set(),
        }),
      },
    },
  });

  /** A night that has been under way for three seconds. */
  static async begin(): Promise<Night> {
    const night = new Night();
    night.use(ENDPOINT);
    await night.pass(3);
    return night;
  }

  use(endpoint: string): void {
    this.watch.use({
      endpoints: [endpoint],
      unbound: [endpoint],
      sources: [],
      names: new Map([['proxy.example', [endpoint]]]),
    });
  }

  async pass(seconds: number): Promise<void> {
    for (let second = 0; second < seconds; second += 1) {
      this.clocks.pass(1_000);
      this.watch.check();
      await turn();
    }
  }
}

describe('a night that is watched', () => {
  it('has nothing to tell while nothing happens', async () => {
    const night = await Night.begin();
    await night.pass(200);
    night.watch.stop();
    expect(night.told).toEqual([]);
  });

  it('sets sleep aside and asks for another leg', async () => {
    const night = await Night.begin();
    night.clocks.sleep(40_000);
    await night.pass(1);
    expect(night.told).toEqual([
      { kind: 'suspended', fromSec: 3, toSec: 44, setsAside: true, text: 'this machine slept for 40.0 s' },
      'new leg',
    ]);
  });

  it('tells of a wall clock that was set, by how much, and sets nothing aside', async () => {
    const night = await Night.begin();
    night.clocks.step(-3_600_000);
    await night.pass(2);
    expect(night.told).toEqual([
      {
        ...{ kind: 'clock-stepped', fromSec: 3, toSec: 4, setsAside: false },
        text: 'the wall clock was set back by 3600.0 s; another clock numbers the seconds, so nothing is lost',
      },
    ]);
  });

  it('sets aside what a link was down for, from the last second in which it was seen up', async () => {
    const night = await Night.begin();
    night.addresses = [];
    await night.pass(3);
    night.addresses = ['10.0.0.5'];
    await night.pass(3);
    expect(night.told).toEqual([
      {
        kind: 'link-down',
        fromSec: 3,
        toSec: null,
        setsAside: true,
        text: 'eth0 has lost all of its addresses',
      },
      { ended: 'link-down', toSec: 7 },
    ]);
  });

  it('sets aside a link that was down for less than a second', async () => {
    const night = await Night.begin();
    night.downs = 2;
    await night.pass(2);
    expect(night.told).toEqual([
      {
        ...{ kind: 'link-down', fromSec: 3, toSec: 4, setsAside: true },
        text: 'eth0 lost its link 2 times, for less than a second',
      },
    ]);
  });

  it('asks for another leg where an address is gone that the load came from', async () => {
    const night = await Night.begin();
    night.addresses = ['10.0.0.9'];
    await night.pass(15);
    expect(night.told).toEqual([
      {
        ...{ kind: 'address-changed', fromSec: 3, toSec: 4, setsAside: true },
        text: '10.0.0.5 is gone from eth0, which now has 10.0.0.9',
      },
      'new leg',
    ]);
  });

  it('asks for no other leg where the address is still there', async () => {
    const night = await Night.begin();
    night.addresses = ['10.0.0.9', '10.0.0.5'];
    await night.pass(15);
    expect(night.told).toMatchObject([
      {
        kind: 'address-changed',
        text: 'connections now come from 10.0.0.9 on eth0, no longer from 10.0.0.5',
      },
    ]);
  });

  it('asks for another leg where the far end has moved, and sets aside until that begins', async () => {
    const night = await Night.begin();
    night.answer = [ELSEWHERE];
    await night.pass(6);
    const [moved] = night.told as HostEvent[];
    expect(night.told).toEqual([
      {
        ...{ kind: 'far-end-moved', fromSec: moved?.fromSec, toSec: null, setsAside: true },
        text: `proxy.example now resolves to ${ELSEWHERE}, no longer to ${ENDPOINT}`,
      },
      'new leg',
    ]);
    await night.pass(2);
    night.use(ELSEWHERE);
    await night.pass(100);
    expect(night.told.slice(2)).toEqual([{ ended: 'far-end-moved', toSec: 11 }]);
  });

  it('tells of a far end that moved while another leg was being set up, as that begins', async () => {
    const night = await Night.begin();
    night.answer = [ELSEWHERE];
    night.use(ELSEWHERE);
    await night.pass(100);
    expect(night.told).toEqual([
      {
        ...{ kind: 'far-end-moved', fromSec: 3, toSec: 3, setsAside: true },
        text: `proxy.example now resolves to ${ELSEWHERE}, no longer to ${ENDPOINT}`,
      },
    ]);
    night.use(ELSEWHERE);
    expect(night.told).toHaveLength(1);
  });

  it('sets nothing aside for ever where no other leg begins', async () => {
    const night = await Night.begin();
    night.answer = [ELSEWHERE];
    await night.pass(100);
    const [moved] = night.told as HostEvent[];
    expect(night.told.slice(2)).toEqual([{ ended: 'far-end-moved', toSec: (moved?.fromSec ?? 0) + 60 }]);
  });

  it('notes once that names cannot be looked up', async () => {
    const night = await Night.begin();
    night.resolverFails = true;
    await night.pass(10);
    night.resolverFails = false;
    await night.pass(10);
    expect(night.told).toEqual([
      'proxy.example cannot be looked up (getaddrinfo EAI_AGAIN proxy.example): load continues to its last known addresses',
      'proxy.example can be looked up again',
    ]);
  });

  it('tells what its seconds tell, and ends with the night what lasts', async () => {
    const night = await Night.begin();
    const counts = { ...emptyCounts(), scheduled: 10, outcomes: { 'local-no-memory': 10 } };
    night.watch.frame({ second: 2, series: { stress: counts }, open: 0, stallsLeftOut: 0 });
    night.addresses = [];
    await night.pass(2);
    night.watch.stop();
    expect(night.told).toMatchObject([
      { kind: 'local-limit', fromSec: 2, toSec: null, setsAside: false },
      { kind: 'link-down', fromSec: 3, toSec: null, setsAside: true },
      { ended: 'link-down', toSec: 5 },
      { ended: 'local-limit', toSec: 5 },
    ]);
  });
});
