import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { RushhourError } from '../../src/errors.ts';
import { parseScenario } from '../../src/scenario/load.ts';
import type { RunListener, RunOptions } from '../../src/session/types.ts';
import type { RunInfo } from '../../src/store/run-info.ts';
import { type Behaviour, startPeer } from '../support/servers.ts';
import { suiteNeeding } from '../support/suite-needing.ts';

/** The built one: a thread cannot be started from TypeScript. */
const BUILT = new URL('../../dist/session/start.js', import.meta.url).href;
const { startSession } = (await import(BUILT)) as typeof import('../../src/session/start.ts');

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok';
const answering = (text: string): Behaviour => ({ request: (socket) => socket.end(text) });

/** A run of 60 attempts in 1 s whose look is 20 in 1 s, through a proxy that does as told. */
async function run(proxy: Behaviour, look?: RunOptions['look'], listener: RunListener = {}) {
  const { port, seen } = await startPeer(proxy);
  const results = mkdtempSync(join(tmpdir(), 'rushhour-look-'));
  onTestFinished(() => rmSync(results, { recursive: true, force: true }));
  const scenario = parseScenario(
    `schema: 1\nping: off\nproxy: 127.0.0.1:${port}\ntarget: http://origin.test/\nlook: { for: 1s }\narms:\n  a: { timeouts: { response: 500ms }, load: [{ hold: { rate: 60, for: 1 } }] }\n`,
    'looked',
  );
  const said: string[] = [];
  const options: RunOptions = {
    ...{ scenario, label: '', workers: 1, engine: 'portable', resultsDir: results, command: [] },
    ...(look === undefined ? {} : { look }),
  };
  const ended = startSession(options, {
    looked: ({ completed, attempts }) => void said.push(`${completed} of ${attempts}`),
    warning: (text) => void said.push(text),
    ...listener,
  }).then(async (handle) => (await handle.finished).summary);
  const outcome = await ended.catch((error: unknown) => error);
  // One connection asks whether anybody is there before each.
  return {
    outcome,
    said,
    asked: seen.filter(({ received }) => received !== '').length,
    runs: readdirSync(results),
    recorded: readdirSync(results).map(
      (id) => (JSON.parse(readFileSync(join(results, id, 'run.json'), 'utf8')) as RunInfo).look,
    ),
  };
}

describe('a run that looks first', () => {
  it('goes on where the proxy answers, and keeps nothing of the look', async () => {
    const { outcome, said, asked, runs, recorded } = await run(answering(OK));
    expect(outcome).toMatchObject({
      run: { status: 'complete' },
      arms: { a: { scheduled: 60, completed: 60 } },
    });
    expect([said, asked, runs.length]).toEqual([['20 of 20'], 80, 1]);
    expect(recorded).toEqual([{ ratePerSec: 20, forUs: 1_000_000, attempts: 20, completed: 20, signs: [] }]);
  });

  it.each([
    ['is silent', {}, /20 of 20 requests of arm a had no complete answer within 0\.5 s/],
    ['sends 503', answering(OK.replace('200 OK', '503 Busy')), /20 of 20 .* an unexpected status: 503/],
    ['resets', { request: (socket) => void socket.resetAndDestroy() } as Behaviour, /were reset or closed/],
  ])('does not start where the proxy %s', async (_, proxy, why) => {
    const { outcome, asked, runs } = await run(proxy);
    expect(outcome).toMatchObject({ exitCode: 5, hint: expect.stringContaining('--go-on') });
    expect((outcome as RushhourError).message).toMatch(why);
    expect([asked, runs]).toEqual([20, []]);
  });

  it('says so and goes on where it is told to, or does not look at all', async () => {
    const busy = answering(OK.replace('200 OK', '503 Busy'));
    const told = await run(busy, 'go-on');
    expect(told.said).toEqual([
      expect.stringMatching(/failures or rising response times: .*; continuing, as requested$/),
    ]);
    expect(told.recorded).toEqual([
      expect.objectContaining({ completed: 0, signs: [expect.stringMatching(/503/)] }),
    ]);
    const off = await run(busy, 'off');
    expect([told.asked, off.asked, off.recorded]).toEqual([80, 60, [undefined]]);
  });

  it('ends with the look where a signal comes', async () => {
    const { outcome, asked, runs } = await run(answering(OK), 'stop', {
      looking: (_, stop) => void setTimeout(stop, 300, 'drain'),
    });
    expect(outcome).toMatchObject({ exitCode: 130 });
    expect(asked).toBeLessThan(20);
    expect(runs).toEqual([]);
  });
});

suiteNeeding('descriptors of clocks', ['linux'], () => {
  /** How often this process has open what counts sleep. */
  const openClocks = () =>
    readdirSync('/proc/self/fd').filter((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`).endsWith('/uptime');
      } catch {
        return false;
      }
    }).length;

  it('are given back, as a process may do many runs', async () => {
    const before = openClocks();
    const during: number[] = [];
    const { outcome } = await run(answering(OK), 'off', { planned: () => void during.push(openClocks()) });
    expect(outcome).toMatchObject({ run: { status: 'complete' } });
    expect([during, openClocks()]).toEqual([[before + 1], before]);
  });
});
