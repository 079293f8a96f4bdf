import { once } from 'node:events';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Summary } from '../../src/analysis/types.ts';
import { EXIT } from '../../src/errors.ts';
import { DEAD } from '../service/kept-runs.ts';
import { withPair } from '../support/namespaces.ts';
import { startPeer } from '../support/servers.ts';
import { suiteNeeding } from '../support/suite-needing.ts';
import { wasTooBusy } from '../support/verdict.ts';
import { makeWorkplace } from './rushhour.ts';

const eventsOf = async (dir: string) =>
  (await readFile(join(dir, 'events.jsonl'), 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

describe('a run that was killed', () => {
  it('goes on to its planned end, by time and by count, and its sums are those of all attempts', async () => {
    const place = makeWorkplace();
    try {
      const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok';
      const peer = await startPeer({
        request: (socket) => void setTimeout(() => socket.end(answer), 50),
      });
      const file = await place.scenario(
        'both',
        `
schema: 1
target: http://127.0.0.1:${peer.port}/
arms:
  timed: { via: direct, load: [ramp: { from: 0/s, to: 20/s, for: 1s }, hold: { rate: 20/s, for: 4s }] }
  counted: { via: direct, load: { concurrency: 1, attempts: 60 } }
`,
      );
      const args = ['run', file, '--results', place.results, '--quiet'];
      const first = place.start(args);
      const dir = await place.recorded(2);
      first.child.kill('SIGKILL');
      await once(first.child, 'exit');

      const { code, stdout, stderr } = await place.run([...args, '--resume', '--json']);
      const summary = JSON.parse(stdout) as Summary;
      // Others may have kept this machine busy, which bears on the verdict and on no count.
      const passes = wasTooBusy(summary) ? EXIT.generatorLimited : EXIT.ok;
      expect([code, summary.run.status]).toEqual([passes, 'complete']);
      expect(stderr).toMatch(new RegExp(`^Resuming ${basename(dir)} until every attempt is done`));
      expect(stderr).toContain('its process was killed: nothing was recorded for');
      const { timed, counted } = summary.arms;
      expect([timed?.scheduled, timed?.ramp?.scheduled]).toEqual([80, 10]);
      expect([timed?.started, counted?.scheduled, counted?.started]).toEqual([80, 60, 60]);
      // What was open when it was killed has turned out nowhere; the loop with one connection had one.
      expect(counted?.outcomes['ok']).toBeGreaterThanOrEqual(59);
      expect(summary.session).toMatchObject({ setAsideSec: 0, events: [{ kind: 'resumed', count: 1 }] });
      const [resumed] = await eventsOf(dir);
      expect(resumed).toMatchObject({ kind: 'resumed', setsAside: false });
      expect(summary.session?.missingSec).toBe(resumed.toSec - resumed.fromSec);
      expect(JSON.parse(await readFile(join(dir, 'summary.json'), 'utf8'))).toEqual(summary);
      expect(await readdir(place.results)).toHaveLength(1);

      // Killed once more, before its summary stood: nothing is left to send, and no gap to tell of.
      const info = JSON.parse(await readFile(join(dir, 'run.json'), 'utf8'));
      const { endedAt: _, ...killed } = { ...info, status: 'running', process: DEAD };
      await writeFile(join(dir, 'run.json'), JSON.stringify(killed));
      await rm(join(dir, 'summary.json'));
      const asked = peer.seen.length;
      const last = await place.run([...args, '--resume', '--json']);
      expect([last.code, peer.seen.length]).toEqual([passes, asked]);
      const { run, session, arms } = JSON.parse(last.stdout) as Summary;
      expect([run.status, session, arms]).toEqual(['complete', summary.session, summary.arms]);
      const frames = (await readFile(join(dir, 'frames.jsonl'), 'utf8')).trimEnd().split('\n');
      const { second } = JSON.parse(frames.at(-1)!) as { second: number };
      expect(Date.parse(run.endedAt) - Date.parse(run.startedAt)).toBeLessThan((second + 2) * 1_000);

      // It has come to its end now: there is none to go on with.
      const again = await place.run([...args, '--resume']);
      expect([again.code, again.stderr.split('\n')[0]]).toEqual([
        2,
        `rushhour: no run of this scenario in ${place.results} was interrupted within the last day`,
      ]);
    } finally {
      await place.clean();
    }
  });
});

suiteNeeding('a run whose link goes down', ['linux', 'root', 'netns', 'ip'], () => {
  it('keeps that as an event, and counts none of its seconds against the firewall', async () => {
    const place = makeWorkplace();
    try {
      await withPair(async ({ near, far, farAddress }) => {
        const { origin } = await far.startFarEnd(farAddress);
        const file = await place.scenario(
          'link',
          `
schema: 1
target: http://${farAddress}:${origin.port}/
arms:
  web: { via: direct, timeouts: { handshake: 1500ms }, load: [hold: { rate: 20/s, for: 12s }] }
`,
        );
        const run = place.start(
          ['run', file, '--results', place.results, '--json'],
          ['ip', 'netns', 'exec', near.name],
        );
        const dir = await place.recorded(2);
        await far.run('ip', 'link', 'set', 'cable', 'down');
        await run.until(/cable has lost its link/);
        await far.run('ip', 'link', 'set', 'cable', 'up');
        const { stdout } = await run.finished;
        const summary = JSON.parse(stdout) as Summary;
        const events = await eventsOf(dir);
        expect(events[0]).toMatchObject({ kind: 'link-down', toSec: null, setsAside: true });
        expect(events[1]).toMatchObject({ id: events[0].id, toSec: expect.any(Number) });
        expect(summary.session?.events).toContainEqual({ kind: 'link-down', count: 1 });
        expect(summary.session?.setAsideSec).toBeGreaterThan(events[1].toSec - events[0].fromSec);
        // All SYNs that the dead link took are in seconds that count for nothing.
        expect(summary.arms['web']?.stalled.count).toBe(0);
        expect(summary.arms['web']?.started).toBeLessThan(240);
        expect(summary.arms['web']?.started).toBe(summary.arms['web']?.completed);
      });
    } finally {
      await place.clean();
    }
  });
});
