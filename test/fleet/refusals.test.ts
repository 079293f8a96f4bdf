import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runCli } from '../../src/cli/run-cli.ts';
import { order, readMessage } from '../../src/fleet/messages.ts';
import { describeProbe } from '../../src/fleet/probe/presence.ts';
import { PROTOCOL, STREAMS, SUBJECTS } from '../../src/fleet/protocol.ts';
import { createFakeHost } from '../cli/fake-host.ts';
import { createFakeRun } from '../cli/fake-services.ts';
import { hostFacts } from '../doctor/facts.ts';
import { suiteNeeding } from '../support/suite-needing.ts';
import { TestFleet } from './start-fleet.ts';

const FAST = '300/s exceeds the rate that the policy allows, 200/s';

suiteNeeding('an order that every probe refuses', ['nats-server'], () => {
  let fleet: TestFleet;
  let dir: string;
  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'rushhour-operator-'));
    fleet = await TestFleet.start(['a']);
    const { connection, jetstream } = await fleet.connect('a');
    connection.subscribe(SUBJECTS.clock('a'), {
      callback: (_, message) => {
        const nowMs = Date.now();
        message.respond(JSON.stringify({ v: PROTOCOL, receivedAtMs: nowMs, sentAtMs: nowMs }));
      },
    });
    const kept = { id: 'steady-k3f9', scenario: 'steady', at: '01:00', on: null, forUs: 7_200_000_000 };
    const soaks = [{ ...kept, untilMs: 1, nextAtMs: null, last: null }];
    const own = { probe: 'a', version: '0', labels: {}, busy: null, waiting: [], soaks, unsentBytes: 0 };
    await jetstream.publish(SUBJECTS.presence('a'), JSON.stringify(describeProbe(hostFacts(), own, 1)));
    const messages = await (await jetstream.consumers.get(STREAMS.orders.name, 'a')).consume();
    void (async () => {
      for await (const message of messages) {
        const read = readMessage(order, message.data)!;
        const { fleetRun } = read;
        const isKept = read.kind === 'soak' && read.label === 'kept';
        const answer = isKept
          ? { kind: 'accepted', attempts: 1, firstAtMs: 1 }
          : {
              kind: 'refused',
              reasons: read.kind === 'run' && read.label === 'fast' ? [FAST] : ['too much'],
            };
        const told = JSON.stringify({ v: PROTOCOL, fleetRun, ...answer });
        await jetstream.publish(SUBJECTS.event('a', fleetRun), told);
        message.ack();
      }
    })();
  });
  afterAll(async () => {
    await fleet.close();
    rmSync(dir, { recursive: true, force: true });
  });

  const call = async (...args: string[]) => {
    const host = createFakeHost({ cwd: dir, nowMs: Date.now() });
    const credentials = ['--credentials', fleet.folder.operatorFile];
    const code = await runCli(['fleet', ...args, ...credentials], host, createFakeRun().services);
    return { code, out: host.stdout.text, err: host.stderr.text };
  };

  it('is told with what would allow it, where that is known', async () => {
    const at = new Date(Date.now() + 3_600_000).toISOString();
    const { err } = await call('run', 'quickstart', '--at', at, '--no-follow', '--label', 'fast');
    expect(err).toMatch(
      /\na: refused: 300\/s exceeds .*\nTo allow it, a probe's owner would add to its policy, .*:\n {2}rate: 300\/s\n$/,
    );
  });

  it('is told to whoever does not follow it, and no success', async () => {
    const at = new Date(Date.now() + 3_600_000).toISOString();
    const { code, out, err } = await call('run', 'quickstart', '--at', at, '--no-follow');
    expect([code, err.split('\n').slice(1)]).toEqual([5, ['a: refused: too much', '']]);
    // For scripts.
    expect(out).toMatch(/^\d{8}-\d{6}-quickstart-\w{4}\n$/);
  });

  it('leaves no soak to receive or to end', async () => {
    const { code, out, err } = await call('soak', 'install', 'quickstart', '--at', '01:30', '--for', '10m');
    const [id = '', answer] = out.split('\n');
    expect([code, answer, err]).toEqual([5, 'a: refused: too much', '']);
    const pulled = await call('pull', id, '--results', 'nights');
    expect([pulled.code, pulled.err.split('\n')[0]]).toEqual([
      2,
      `rushhour: no night of ${id} was recorded, and no probe keeps it: refused by a`,
    ]);
    expect(existsSync(join(dir, 'nights'))).toBe(false);
    const removed = await call('soak', 'remove', id);
    expect(removed.err.split('\n')[0]).toBe(`rushhour: no probe keeps a soak "${id}": refused by a`);
  });

  it('may come of two soaks at one time, which is told beforehand', async () => {
    const flags = ['--at', '02:30', '--for', '10m', '--label', 'kept'];
    const { code, err } = await call('soak', 'install', 'quickstart', ...flags);
    expect(code).toBe(0);
    expect(err).toContain(
      'rushhour: warning: a keeps steady-k3f9 at the same time (every day 01:00): of two nights at one time, it refuses one\n',
    );
    const later = await call('soak', 'install', 'quickstart', '--at', '12:30', ...flags.slice(2));
    expect(later.err).not.toContain('warning');
  });
});
