import { describe, expect, it } from 'vitest';
import type { Arm } from '../../../src/scenario/types.ts';
import { away, defence, lossy, openLimit, rateLimit } from '../causes/paths.ts';
import { randomOf } from '../causes/random.ts';
import type { Path, Syn } from '../causes/world.ts';
import { converse, MEANS } from './session.ts';

const named = ({ causes }: ReturnType<typeof converse>['diagnosis']): string[] =>
  causes.filter(({ status }) => status === 'named').map(({ id }) => id);

describe('a session that chooses its arms', () => {
  it('looks wider where a baseline shows nothing, and calls it healthy', () => {
    const { stages, diagnosis, stopped } = converse(() => ({}));
    expect(stages).toEqual(['baseline', 'breadth']);
    expect(diagnosis.verdict).toBe('healthy');
    expect(stopped).toBe('nothing was ill');
  });

  it('stops as soon as a path that loses packets is told from all else', () => {
    const { stages, diagnosis, stopped } = converse(() => {
      const random = randomOf(1);
      return lossy(0.06, random);
    });
    expect(named(diagnosis)).toEqual(['loss']);
    expect(stages.length).toBeLessThanOrEqual(3);
    expect(stopped).toBe('one cause is left');
  });

  it('goes on where a few handshakes stalled for good, and calls that no health', () => {
    const { stages, why, diagnosis } = converse(() => {
      const tried = new Map<string, number>();
      const silent = new Set<string>();
      return {
        // One of each arm of the second stage.
        syn({ tuple, copy, arm: { name } }) {
          if (copy === 0) {
            const nth = (tried.get(name) ?? 0) + 1;
            tried.set(name, nth);
            if (nth === 25 && name.endsWith('-2')) silent.add(tuple);
            else silent.delete(tuple);
          }
          return silent.has(tuple) ? 'drop' : 'pass';
        },
      };
    });
    expect(stages.slice(0, 2)).toEqual(['baseline', 'breadth']);
    expect(stages.length).toBeGreaterThan(2);
    expect(why[2]).toMatch(/stalled/);
    expect(diagnosis.verdict).toBe('cannot-tell');
  });

  it('fills a limit of open connections again, at two rates, by the number that was seen', () => {
    const { stages, why, diagnosis, arms } = converse(() => openLimit(120));
    expect(stages.slice(0, 3)).toEqual(['baseline', 'breadth', 'cycle']);
    expect(why[2]).toMatch(/stalled; to tell a limit of open connections/);
    // Linux' NAT takes ports out of TIME_WAIT at once, so that a pool for this port would look the same.
    expect(named(diagnosis)).toEqual([]);
    expect(diagnosis.text).toMatch(
      /It may be a limit of open connections, at the firewall or the far end; or NAT ports used up towards this destination\.$/,
    );
    const held = arms.find(({ name }) => name === 'fill-3')!;
    // As long as it takes to fill it at the lower rate, and a little longer.
    expect(held.holdUs / 1e6).toBeGreaterThan(120 / (50 * 0.4));
    expect(held.holdUs / 1e6).toBeLessThan(20);
  });

  it('names a limit of open connections that another port shares', () => {
    const { diagnosis, stopped } = converse(() => openLimit(120, () => 'all'));
    expect(named(diagnosis)).toEqual(['open-limit']);
    expect(stopped).toBe('one cause is left');
  });

  it('steps the rate below and above what got through, beside held connections', () => {
    const { stages, diagnosis } = converse(() => rateLimit(32, 8));
    expect(stages.slice(0, 2)).toEqual(['baseline', 'steps']);
    expect(named(diagnosis)).toEqual(['rate-limit']);
  });

  it('steps the rate from a tenth where nothing gets through for seconds', () => {
    const outages = Array.from({ length: 40 }, (_, nth) => [nth * 7, nth * 7 + 4] as const);
    const { arms } = converse(() => away(outages));
    const { load } = arms.find(({ name }) => name.startsWith('steps'))!;
    const rates =
      load.kind === 'open' ? load.phases.flatMap((one) => ('ratePerSec' in one ? [one.ratePerSec] : [])) : [];
    expect(rates.length).toBe(3);
    for (const ratePerSec of rates) expect(ratePerSec).toBeGreaterThan(50 * 0.09);
  });

  it('steps the rate before it fills again where outages have a length of their own, and names a defence by it', () => {
    const { stages, diagnosis } = converse(() => defence(13, 6, 7, 5));
    expect(stages.slice(0, 3)).toEqual(['baseline', 'breadth', 'steps']);
    expect(named(diagnosis)).toEqual(['syn-flood-defence']);
  });

  it('makes no more than half of the attempts that all arms would, in the median', () => {
    const paths: (() => Path)[] = [
      () => ({}),
      () => lossy(0.06, randomOf(1)),
      () => openLimit(120),
      () => rateLimit(32, 8),
      () => ({ swallowsRequest: () => true }),
    ];
    const attempts = paths.map((path) => converse(path).attempts).sort((a, b) => a - b);
    const everything = converse(() => ({}), { spec: { ...MEANS.spec, isExhaustive: true } }, 600).attempts;
    expect(attempts[2]!).toBeLessThanOrEqual(everything / 2);
  });

  it('meets what lets short packets of a class pass and no long ones', () => {
    const { stages, diagnosis } = converse(() => ({
      swallowsRequest: ({ arm: { socket, request } }) =>
        socket.tos === 0xb8 && request.headers.some(([, value]) => value.length > 1_000),
    }));
    expect(stages).toEqual(['baseline', 'breadth']);
    expect(named(diagnosis)).toEqual(['dscp-policer']);
  });

  it('tells a path that lets no long segment pass, whatever its class, by a smaller MSS', () => {
    const { diagnosis } = converse(() => ({
      swallowsRequest: ({ arm: { socket, request } }) =>
        socket.mss === undefined && request.headers.some(([, value]) => value.length > 1_000),
    }));
    expect(named(diagnosis)).toEqual(['mtu-black-hole']);
  });

  it('never asks for more than the rate that it was given, in any second', () => {
    for (const path of [() => openLimit(120), () => rateLimit(32, 8)]) {
      const { arms } = converse(path);
      const perSec = new Map<number, number>();
      for (const { load } of arms) {
        if (load.kind !== 'open') continue;
        let atSec = 0;
        for (const phase of load.phases) {
          const toSec = atSec + (phase.kind === 'step' ? phase.eachUs : phase.forUs) / 1e6;
          if (phase.kind === 'hold')
            for (let second = Math.floor(atSec); second < toSec; second += 1)
              perSec.set(second, (perSec.get(second) ?? 0) + phase.ratePerSec);
          atSec = toSec;
        }
      }
      expect(Math.max(...perSec.values())).toBeLessThanOrEqual(50 + 1e-6);
    }
  });

  it('leaves out what a machine with one address, or without the raw engine, cannot do, and says so', () => {
    const random = randomOf(2);
    const path = (): Path => lossy(0.02, random);
    const one = converse(path, { sources: ['10.0.0.1'] });
    expect(one.arms.map(({ name }) => name.replace(/-\d+$/, ''))).not.toContain('other-source');
    const portable = converse(() => openLimit(10), { choosesPackets: false, sources: [] });
    expect(portable.arms.every(({ source }) => source?.ports === undefined)).toBe(true);
    expect(portable.arms.map(({ name }) => name.replace(/-\d+$/, ''))).not.toContain('reuse');
  });

  const imitates = {};

  it('sends SYNs of other clients where nothing was ill and packets can be made, and names what is dropped', () => {
    const isEcn = ({ arm: { client } }: Syn): boolean => client?.knobs.ecn === 'ecn';
    const dropping = converse(() => ({ syn: (syn) => (isEcn(syn) ? 'drop' : 'pass') }), { imitates });
    expect(dropping.stages).toEqual(['baseline', 'breadth', 'clients']);
    expect(named(dropping.diagnosis)).toEqual(['client-identity']);
    expect(dropping.diagnosis.text).toMatch(/client-ecn/);
    const healthy = converse(() => ({}), { imitates });
    expect(healthy.stages).toEqual(['baseline', 'breadth', 'clients']);
    expect(healthy.diagnosis.verdict).toBe('healthy');
    expect(healthy.lacking.clients).toBeUndefined();
  });

  it('sends them from source ports that no other arm has had, those of plain ones on both sides', () => {
    const { arms } = converse(() => ({}), { imitates });
    const rangeOf = (arm: Arm) => arm.source!.ports!.range;
    const clients = arms.filter(({ client }) => client !== undefined);
    const others = arms.filter(({ client }) => client === undefined).map(rangeOf);
    expect(clients.length).toBeGreaterThan(5);
    const highest = Math.max(...clients.map((arm) => rangeOf(arm).to));
    expect(highest).toBeLessThan(Math.min(...others.map(({ from }) => from)));
    const [first, last] = [clients[0]!, clients.at(-1)!];
    expect([first.client, last.client]).toEqual([last.client, first.client]);
    for (const arm of clients.slice(1, -1)) {
      expect(rangeOf(arm).from).toBeGreaterThan(rangeOf(first).to);
      expect(rangeOf(arm).to).toBeLessThan(rangeOf(last).from);
    }
  });

  it('says what SYNs of other clients would need', () => {
    const { stages, lacking } = converse(() => ({}), { imitates: { needs: 'root' } });
    expect(stages).not.toContain('clients');
    expect(lacking.clients).toBe('root');
  });

  it('fills what it has no time to fill twice once more for another time, which no clock would follow', () => {
    const { stages, arms, diagnosis } = converse(() => openLimit(330, () => 'all'));
    expect(stages.slice(0, 3)).toEqual(['baseline', 'breadth', 'cycle']);
    const [held, fill] = ['held-2', 'fill-3'].map((one) => arms.find(({ name }) => name === one)!);
    expect(Math.abs(held!.holdUs - fill!.holdUs)).toBeGreaterThanOrEqual(4_000_000);
    expect(named(diagnosis)).toEqual(['open-limit']);
    expect(diagnosis.causes.find(({ id }) => id === 'open-limit')!.for.join()).toMatch(
      /whether they were held for|a slot was free within/,
    );
  });

  it('tells an MTU by the MSS where requests of any length fail', () => {
    const { stages, diagnosis } = converse(() => ({
      swallowsRequest: ({ arm: { socket } }) => socket.mss === undefined,
    }));
    expect(stages).toEqual(['baseline', 'packets']);
    expect(named(diagnosis)).toEqual(['mtu-black-hole']);
  });

  it('stops when the time is over, and begins nothing that does not fit', () => {
    const { stages, stopped } = converse(() => openLimit(120), {}, 30);
    expect(stages).toEqual(['baseline']);
    expect(stopped).toMatch(/nothing was ill/);
  });

  it('takes ports that a rule drops for no controls, and for no illness', () => {
    const dropped = (): Path => ({ syn: ({ endpoint }) => (/:(9|79)$/.test(endpoint) ? 'drop' : 'pass') });
    const { diagnosis, arms } = converse(dropped, { spec: { ...MEANS.spec, closedPorts: [9, 79] } });
    expect(diagnosis.verdict).toBe('healthy');
    expect(arms.map(({ name }) => name)).not.toContain('closed-9-2');
  });
});
