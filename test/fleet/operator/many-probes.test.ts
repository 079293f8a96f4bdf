import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Link } from '../../../src/fleet/connect.ts';
import type { FleetEvent, Presence } from '../../../src/fleet/messages.ts';
import type { FleetRun, ProbePart } from '../../../src/fleet/operator/fleet-run.ts';
import { followRun } from '../../../src/fleet/operator/follow-run.ts';
import { findRun, orderRun, stopRun } from '../../../src/fleet/operator/order-run.ts';
import { type KnownProbe, noteProbe } from '../../../src/fleet/operator/read-probes.ts';
import { sideBySide } from '../../../src/fleet/operator/side-by-side.ts';
import { digestOf } from '../../../src/fleet/outbox/folder.ts';
import { orderConsumer, PROTOCOL, STREAMS, SUBJECTS } from '../../../src/fleet/protocol.ts';
import { encodeRunPart } from '../../../src/fleet/run-part.ts';
import type { FleetFile } from '../../../src/store/fleet-file.ts';
import { suiteNeeding } from '../../support/suite-needing.ts';
import { TestFleet } from '../start-fleet.ts';

describe('many probes', () => {
  it('are seen to some at once, in order, and a failure is told', async () => {
    const all = Array.from({ length: 300 }, (_, index) => index);
    let [now, most] = [0, 0];
    const doubled = await sideBySide(all, async (one, index) => {
      now += 1;
      most = Math.max(most, now);
      await sleep(one % 3);
      now -= 1;
      return one + index;
    });
    expect(doubled).toEqual(all.map((one) => one * 2));
    expect([most > 8, most < 100]).toEqual([true, true]);
    const failing = sideBySide(all, async (one) => {
      if (one === 7) throw new Error('the seventh');
    });
    await expect(failing).rejects.toThrow('the seventh');
  });

  it('are listed once each, though one says again while all are read that it is there', () => {
    const presence: Presence = {
      ...{
        v: PROTOCOL,
        probe: 'a',
        version: '0',
        labels: {},
        engines: [],
        checks: [],
        busy: null,
        waiting: [],
        unsentBytes: 0,
        atMs: 1,
      },
      host: {
        ...{ hostname: 'a', arch: 'x64', kernel: '6', node: '20', cpu: 'one', cpus: 1, memoryBytes: 1 },
        addresses: [],
      },
    };
    const probes = new Map<string, KnownProbe>();
    const say = (subject: string, atMs: bigint): void => {
      const data = Buffer.from(JSON.stringify(presence));
      noteProbe(probes, { subject, data, timestampNanos: atMs * 1_000_000n }, 100_000);
    };
    say(SUBJECTS.presence('a'), 1_000n);
    say(SUBJECTS.presence('a'), 90_000n);
    say(SUBJECTS.presence('b'), 95_000n);
    expect([...probes.values()]).toMatchObject([{ probe: 'a', seenAtMs: 90_000, isPresent: true }]);
  });

  it('are ordered and stopped without one waiting for the server’s word on another', async () => {
    const ids = Array.from({ length: 200 }, (_, index) => `p-${index}`);
    const subjects: string[] = [];
    let [now, most] = [0, 0];
    const link = {
      connection: {
        request: async () => ({
          data: Buffer.from(JSON.stringify({ v: PROTOCOL, receivedAtMs: Date.now(), sentAtMs: Date.now() })),
        }),
      },
      jetstream: {
        publish: async (subject: string) => {
          subjects.push(subject);
          now += 1;
          most = Math.max(most, now);
          await sleep(1);
          now -= 1;
        },
      },
    } as unknown as Link;
    const run = await orderRun(link, {
      ...{
        scenario: { name: 'steady', text: '', overrides: {} },
        away: [],
        label: '',
        resultsDir: '/nonexistent',
      },
      probes: ids.map((probe) => ({ probe, labels: {} })),
    });
    expect(run.parts.map(({ probe }) => probe)).toEqual(ids);
    expect(most).toBeGreaterThan(8);
    most = 0;
    await stopRun(link, run, 'drain');
    expect(most).toBeGreaterThan(8);
    expect(subjects.toSorted()).toEqual(
      ids.flatMap((id) => [SUBJECTS.order(id, run.id), SUBJECTS.order(id, run.id)]).toSorted(),
    );
  });
});

suiteNeeding('a fleet with a probe that answers late', ['nats-server'], () => {
  let fleet: TestFleet;
  let dir: string;
  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'rushhour-many-'));
    fleet = await TestFleet.start(['a', 'b']);
  });
  afterAll(async () => {
    await fleet.close();
    rmSync(dir, { recursive: true });
  });

  it('hears of the others meanwhile, and measures its start all the same', async () => {
    const [operator, a, b] = [
      await fleet.connect('operator'),
      await fleet.connect('a'),
      await fleet.connect('b'),
    ];
    const startsAtMs = Date.now();
    const parts = ['a', 'b'].map((probe) => ({
      ...{ probe, labels: {}, events: [], dir: join(dir, probe) },
      offset: { offsetMs: 9_000_000, errorMs: 1 },
    }));
    const run: FleetRun = { id: 'one', startsAtMs, parts, absent: [] };
    let heardOfB = (): void => {};
    const ofB = new Promise<void>((resolve) => {
      heardOfB = resolve;
    });
    // It tells its time once the operator has heard of the other.
    a.connection.subscribe(SUBJECTS.clock('a'), {
      callback: (_, message) => {
        void ofB.then(() =>
          message.respond(JSON.stringify({ v: PROTOCOL, receivedAtMs: Date.now(), sentAtMs: Date.now() })),
        );
      },
    });
    await a.connection.flush();
    const tell = async (link: typeof a, probe: string, event: FleetEvent): Promise<void> => {
      await link.jetstream.publish(SUBJECTS.event(probe, 'one'), JSON.stringify(event));
    };
    const common = { v: PROTOCOL, fleetRun: 'one' } as const;
    await tell(a, 'a', { ...common, kind: 'started', folder: 'one', startedAtMs: startsAtMs });
    await tell(a, 'a', { ...common, kind: 'ended', status: 'complete' });
    await a.jetstream.publish(
      SUBJECTS.run('a', 'one'),
      encodeRunPart({ v: PROTOCOL, kind: 'end', files: [] }, []),
    );
    await tell(b, 'b', { ...common, kind: 'refused', reasons: ['no'] });
    const told = (probe: string): void => {
      if (probe === 'b') heardOfB();
    };
    await followRun(operator, run, { told }, new AbortController().signal);
    expect(Math.abs(parts[0]!.offset.offsetMs)).toBeLessThan(5_000);
  });

  it('takes no probe for part of a run that it was not ordered from, and no time of it, whatever it tells', async () => {
    const [operator, b] = [await fleet.connect('operator'), await fleet.connect('b')];
    const scenario = { name: 'steady', text: '', overrides: {} };
    const agreed = { startsAtMs: 7_000, offsetMs: 0, errorMs: 1, labels: {} };
    const share = { index: 0, count: 1 };
    const order = { v: PROTOCOL, kind: 'run', fleetRun: 'two', scenario, share, label: '', agreed };
    await operator.jetstream.publish(
      SUBJECTS.order('a', 'two'),
      JSON.stringify({ ...order, startsAtMs: 7_000, expiresAtMs: 8_000 }),
    );
    const ofSoak = { soak: 'none', startsAtMs: 1, labels: { site: 'leeds' } };
    const told = { v: PROTOCOL, kind: 'accepted', fleetRun: 'two', attempts: 1, ofSoak };
    await b.jetstream.publish(SUBJECTS.event('b', 'two'), JSON.stringify(told));
    const found = await findRun(operator, 'two', { resultsDir: dir, kept: undefined });
    expect([found?.startsAtMs, found?.parts.map(({ probe }) => probe)]).toEqual([7_000, ['a']]);
  });

  it('receives what a probe had sent that was revoked since, or enrolled anew, and waits for no more of it', async () => {
    const [operator, b] = [await fleet.connect('operator'), await fleet.connect('b')];
    const scenario = { name: 'steady', text: '', overrides: {} };
    const agreed = { startsAtMs: 7_000, offsetMs: 0, errorMs: 1, labels: {} };
    const order = { v: PROTOCOL, kind: 'run', scenario, share: { index: 0, count: 1 }, label: '', agreed };
    const say = (link: Link, probe: string, fleetRun: string, told: object) =>
      link.jetstream.publish(
        SUBJECTS.event(probe, fleetRun),
        JSON.stringify({ v: PROTOCOL, fleetRun, ...told }),
      );
    const ended = { kind: 'ended', status: 'complete' };
    const a = await fleet.connect('a');
    for (const id of ['four', 'five']) {
      await operator.jetstream.publish(
        SUBJECTS.order('a', id),
        JSON.stringify({ ...order, fleetRun: id, startsAtMs: 7_000, expiresAtMs: 8_000 }),
      );
      await say(a, 'a', id, { kind: 'refused', reasons: ['no'] });
      await say(b, 'b', id, { kind: 'started', folder: 'x', startedAtMs: 7_000 });
    }
    await say(b, 'b', 'four', ended);
    const pieces = [{ file: 'frames.jsonl', offset: 0, bytes: 3 }];
    const head = { v: PROTOCOL, kind: 'pieces', pieces } as const;
    await b.jetstream.publish(SUBJECTS.run('b', 'four'), encodeRunPart(head, [Buffer.from('{}\n')]));
    await b.jetstream.publish(
      SUBJECTS.run('b', 'four'),
      encodeRunPart({ v: PROTOCOL, kind: 'end', files: [] }, []),
    );
    const receive = async (id: string, kept?: FleetFile) => {
      const run = (await findRun(operator, id, { resultsDir: dir, kept }))!;
      const soon = AbortSignal.timeout(30_000);
      await followRun(operator, run, { told: () => {} }, soon);
      expect(soon.aborted).toBe(false);
      return run.parts.map(({ probe, isRevoked }) => [probe, isRevoked]);
    };
    // That it was asked for the run, nobody knows.
    expect(await receive('four')).toEqual([['a', undefined]]);
    const manager = await operator.jetstream.jetstreamManager();
    await manager.consumers.delete(STREAMS.orders.name, 'b');
    expect(await receive('four')).toEqual([
      ['a', undefined],
      ['b', undefined],
    ]);
    expect(readFileSync(join(dir, 'four-b', 'frames.jsonl'), 'utf8')).toBe('{}\n');
    await manager.consumers.add(STREAMS.orders.name, { ...orderConsumer('b') });
    const parts = [{ probe: 'c', labels: {}, events: [] }];
    expect(await receive('five', { schema: 1, id: 'five', startsAtMs: 7_000, parts })).toEqual([
      ['a', undefined],
      ['b', true],
      ['c', true],
    ]);
  });

  it('does not wait for a probe that is silent though its run is over, and for one whose run may go on', async () => {
    const [operator, a] = [await fleet.connect('operator'), await fleet.connect('a')];
    const manager = await operator.jetstream.jetstreamManager();
    for (const probe of ['a', 'b'])
      await manager.consumers.add(STREAMS.orders.name, { ...orderConsumer(probe) });
    const follow = async (id: string, endsAtMs: number) => {
      const parts = ['a', 'b'].map((probe) => ({
        ...{ probe, labels: {}, events: [], dir: join(dir, `${id}-${probe}`) },
      }));
      const silent: string[] = [];
      const ending = new AbortController();
      const follower = { told: () => {}, silent: (probe: string) => silent.push(probe) };
      const run = { id, startsAtMs: 1, endsAtMs, parts, absent: [] };
      const ended = { v: PROTOCOL, kind: 'refused', fleetRun: id, reasons: ['no'] };
      await a.jetstream.publish(SUBJECTS.event('a', id), JSON.stringify(ended));
      return { silent, ending, following: followRun(operator, run, follower, ending.signal, 5_000) };
    };
    const [over, going] = [await follow('seven', 2), await follow('eight', Date.now() + 3_600_000)];
    await over.following;
    expect(over.silent).toEqual(['b']);
    expect(going.silent).toEqual([]);
    going.ending.abort();
    await going.following;
  });

  it('receives again what somebody removed from its folder meanwhile', async () => {
    const [operator, a] = [await fleet.connect('operator'), await fleet.connect('a')];
    const say = (told: object) =>
      a.jetstream.publish(
        SUBJECTS.event('a', 'six'),
        JSON.stringify({ v: PROTOCOL, fleetRun: 'six', ...told }),
      );
    const send = (offset: number, text: string) => {
      const pieces = [{ file: 'frames.jsonl', offset, bytes: text.length }];
      const part = encodeRunPart({ v: PROTOCOL, kind: 'pieces', pieces }, [Buffer.from(text)]);
      return a.jetstream.publish(SUBJECTS.run('a', 'six'), part);
    };
    const copy = join(dir, 'six-a');
    const part: ProbePart = { probe: 'a', labels: {}, events: [], dir: copy };
    const run: FleetRun = { id: 'six', startsAtMs: 0, parts: [part], absent: [] };
    const following = followRun(operator, run, { told: () => {} }, AbortSignal.timeout(30_000));
    await say({ kind: 'started', folder: 'x', startedAtMs: 7_000 });
    await send(0, 'first\n');
    await expect.poll(() => existsSync(join(copy, 'frames.jsonl')), { timeout: 20_000 }).toBe(true);
    rmSync(copy, { recursive: true });
    await send(6, 'second\n');
    const sha256 = digestOf('first\nsecond\n');
    const files = [{ file: 'frames.jsonl', bytes: 13, sha256 }];
    await a.jetstream.publish(
      SUBJECTS.run('a', 'six'),
      encodeRunPart({ v: PROTOCOL, kind: 'end', files }, []),
    );
    await say({ kind: 'ended', status: 'complete' });
    await following;
    expect(readFileSync(join(copy, 'frames.jsonl'), 'utf8')).toBe('first\nsecond\n');
    expect(part.copy).toEqual({ hasEnded: true, missing: [], differing: [] });
  });

  it('ends in words where what is received cannot be written', async () => {
    const [operator, a] = [await fleet.connect('operator'), await fleet.connect('a')];
    const part = { probe: 'a', labels: {}, events: [], dir: join(dir, 'three-a') };
    mkdirSync(join(part.dir, 'frames.jsonl'), { recursive: true });
    const pieces = [{ file: 'frames.jsonl', offset: 0, bytes: 3 }];
    await a.jetstream.publish(
      SUBJECTS.run('a', 'three'),
      encodeRunPart({ v: PROTOCOL, kind: 'pieces', pieces }, [Buffer.from('{}\n')]),
    );
    const run: FleetRun = { id: 'three', startsAtMs: 0, parts: [part], absent: [] };
    const following = followRun(operator, run, { told: () => {} }, new AbortController().signal);
    await expect(following).rejects.toMatchObject({
      message: expect.stringMatching(/three-a cannot be written: EISDIR/),
      hint: expect.stringContaining('"rushhour fleet pull three" receives the rest'),
    });
  });
});
