import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readHostFacts } from '../../../src/doctor/read-host-facts.ts';
import type { Link } from '../../../src/fleet/connect.ts';
import { readCredentials } from '../../../src/fleet/credentials.ts';
import { followRun } from '../../../src/fleet/operator/follow-run.ts';
import { findRun, publishOrder } from '../../../src/fleet/operator/order-run.ts';
import { readStream } from '../../../src/fleet/operator/read-stream.ts';
import { parsePolicy } from '../../../src/fleet/policy/read-policy.ts';
import { runProbe } from '../../../src/fleet/probe/probe.ts';
import { PROTOCOL, STREAMS, SUBJECTS } from '../../../src/fleet/protocol.ts';
import { SessionSums } from '../../../src/read/session-sums.ts';
import type { RunHandle, RunListener, RunOptions, RunPlan } from '../../../src/session/types.ts';
import { createSession } from '../../../src/store/session-create.ts';
import { factsOf } from '../../store/runs.ts';
import { fail, type PushedSecond, pushedSecond, timesOf } from '../../store/soaks.ts';
import { suiteNeeding } from '../../support/suite-needing.ts';
import { filesOf, receive } from '../outbox/receive.ts';
import { Relay } from '../relay.ts';
import { TestFleet } from '../start-fleet.ts';

const RUN = '20250131-013000-night-k3f9';
/** The longest night that a soak may have: 23 h. Attempts of each of its seconds are those of `pushedSecond`. */
const SECONDS = 82_800;
const PER_SEC = 10;
const WINDOW_SEC = 600;
/** The link is there for the first hour; then answers are lost, and then everything. */
const [MUFFLED_AT_SEC, CUT_AT_SEC, KILLED_AT_SEC] = [3_600, 5_400, 40_000];
/** What the server has stored for longer, it does not know by its id any more: a day, in short. Nanoseconds. */
const FORGETS_AFTER_NS = 1_000_000_000;
const SCENARIO = `schema: 1
target: http://10.0.0.1/
arms:
  stress:
    via: tcp
    load:
      - hold: { rate: ${PER_SEC}/s, for: 10s }
`;
const POLICY = `schema: 1\ntargets: [10.0.0.1]\nrate: ${PER_SEC}/s\nattempts: ${PER_SEC * SECONDS}\n`;

/** Encoding its times takes longest in a second: those of a minute come again every minute. */
const secondOf = (second: number): PushedSecond => {
  const { frame, stalls } = pushedSecond(second);
  return { frame, stalls, histograms: timesOf(second % 60) };
};

/** A soak as a probe plays it, but for its load: its seconds go by as fast as they can be written. */
class Night {
  #push: ((toSec: number) => Promise<void>) | undefined;
  #end = (_: Awaited<RunHandle['finished']>): void => {};
  #finish: (() => Promise<void>) | undefined;
  dir = '';

  readonly start = async (
    { resultsDir, scenario, label, soak }: RunOptions,
    listener: RunListener,
  ): Promise<RunHandle> => {
    const startedAt = new Date().toISOString();
    const facts = factsOf({ scenario, label, startedAt });
    const { session: _, ...ofRun } = facts;
    const writer = await createSession(
      resultsDir,
      { ...ofRun, soak: { ...soak!, settleSec: 2, fingerprint: '' } },
      fail,
    );
    const plan = { id: writer.info.id, dir: writer.dir } as RunPlan;
    this.dir = writer.dir;
    listener.planned?.(plan);
    const sums = new SessionSums(writer.info);
    let next = 0;
    this.#push = async (toSec) => {
      for (; next < toSec; next += 1) {
        const { frame, histograms, stalls } = secondOf(next);
        sums.add(await writer.append(frame, histograms, stalls));
      }
    };
    this.#finish = async () => {
      sums.add(await writer.closeAll());
      const endedAt = new Date(Date.parse(startedAt) + SECONDS * 1_000).toISOString();
      const summary = sums.summarise('complete', endedAt, []);
      await writer.finish(summary, 'complete', endedAt);
      this.#end({ plan, summary });
    };
    const finished = new Promise<Awaited<RunHandle['finished']>>((resolve) => {
      this.#end = resolve;
    });
    return { plan, finished, stop() {}, sinkAway: () => () => {} };
  };

  get hasBegun(): boolean {
    return this.#push !== undefined;
  }

  /** Plays on, up to this second. */
  async playTo(second: number): Promise<void> {
    await this.#push!(second);
  }

  async finish(): Promise<void> {
    await this.#finish!();
  }
}

suiteNeeding('a probe whose link and server are away for a day', ['nats-server'], () => {
  let fleet: TestFleet;
  let relay: Relay;
  let operator: Link;
  const night = new Night();
  const ending = new AbortController();
  const said: string[] = [];
  let probe: Promise<void>;

  const countStored = async (): Promise<number> => {
    const manager = await operator.jetstream.jetstreamManager();
    return (await manager.streams.info(STREAMS.runs.name)).state.messages;
  };

  /** The connection of the probe goes through the relay. */
  const startProbe = async (): Promise<void> => {
    const credentials = await readCredentials(fleet.folder.probeFiles.get('a')!);
    const [server = ''] = credentials.servers;
    relay = await Relay.open(Number(new URL(server).port));
    probe = runProbe(
      {
        id: 'a',
        credentials: { ...credentials, servers: [server.replace(/\d+$/, String(relay.port))] },
        ...{ stateDir: join(fleet.dir, 'state'), resultsDir: join(fleet.dir, 'a'), version: 'test' },
        ...{ readPolicy: async () => parsePolicy(POLICY, 'policy'), say: (line) => said.push(line) },
        ...{ host: await readHostFacts(), readHost: readHostFacts, command: ['probe'] },
        ...{ keepUnsentBytes: 2_000_000_000, keepSentMs: undefined, startSession: night.start },
      },
      ending.signal,
    );
  };

  beforeAll(async () => {
    fleet = await TestFleet.start(['a']);
    operator = await fleet.connect('operator');
    const manager = await operator.jetstream.jetstreamManager();
    await manager.streams.update(STREAMS.runs.name, { duplicate_window: FORGETS_AFTER_NS });
    mkdirSync(join(fleet.dir, 'a'));
    await startProbe();
    const startsAtMs = Date.now();
    await publishOrder(
      operator,
      'a',
      {
        ...{ v: PROTOCOL, kind: 'run', fleetRun: RUN, label: '', share: { index: 0, count: 1 } },
        scenario: { name: 'night', text: SCENARIO, overrides: {} },
        soak: { id: 'night-k3f9', forUs: SECONDS * 1_000_000, windowSec: WINDOW_SEC },
        ...{ startsAtMs, expiresAtMs: startsAtMs + 60_000 },
        agreed: { startsAtMs, offsetMs: 0, errorMs: 0, labels: {} },
      },
      RUN,
    );
  });
  afterAll(async () => {
    ending.abort();
    await probe;
    relay.close();
    await fleet.close();
  });

  it('has each second of its night arrive once, and what arrived twice counts once', async () => {
    await expect.poll(() => night.hasBegun, { timeout: 60_000 }).toBe(true);
    await night.playTo(MUFFLED_AT_SEC);
    await expect.poll(countStored, { timeout: 60_000 }).toBeGreaterThan(0);
    relay.muffle();
    const before = await countStored();
    await night.playTo(CUT_AT_SEC);
    // It has been stored, and the probe will never know.
    await expect.poll(countStored, { timeout: 60_000 }).toBeGreaterThan(before);
    relay.cut();
    const arrived = await countStored();
    await night.playTo(KILLED_AT_SEC);
    expect(await countStored()).toBe(arrived);
    await fleet.kill();
    await night.playTo(SECONDS);
    await night.finish();
    await expect.poll(() => said, { timeout: 60_000 }).toContain(`${RUN}: complete`);
    await fleet.startAgain();
    relay.mend();

    const resultsDir = join(fleet.dir, 'results');
    const run = await findRun(operator, RUN, { resultsDir, kept: undefined });
    await followRun(operator, run!, { told: () => {} }, new AbortController().signal);
    const [part] = run!.parts;
    expect(part!.copy).toEqual({ hasEnded: true, missing: [], differing: [] });
    // It takes its mark away once the server has said that it has all.
    await expect.poll(() => Object.keys(filesOf(night.dir)), { timeout: 60_000 }).not.toContain('.unsent');
    expect(filesOf(part!.dir)).toEqual(filesOf(night.dir));

    const windows = readFileSync(join(part!.dir, 'frames.jsonl'), 'utf8').trim().split('\n');
    const seconds = windows.flatMap((line): number[] => {
      const { second, seconds } = JSON.parse(line);
      return Array.from({ length: seconds }, (_, index) => second + index);
    });
    expect(seconds).toEqual(Array.from({ length: SECONDS }, (_, second) => second));
    const { arms } = JSON.parse(readFileSync(join(part!.dir, 'summary.json'), 'utf8'));
    expect(arms.stress.started).toBe(PER_SEC * SECONDS);

    const messages: Uint8Array[] = [];
    await readStream(
      operator,
      { stream: STREAMS.runs.name, filter: SUBJECTS.run('a', RUN) },
      ({ data }) => void messages.push(data.slice()),
    );
    const { state, twice } = await receive(join(fleet.dir, 'again'), messages);
    expect(state).toEqual({ hasEnded: true, missing: [], differing: [] });
    expect(twice).toBeGreaterThan(0);
  });
});
