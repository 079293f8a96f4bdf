import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { type ServedPeer, servePeer } from '../../src/evidence/peer/serve-peer.ts';
import { CaptureReader } from '../../src/net/capture/capture-reader.ts';
import { parseScenario } from '../../src/scenario/load.ts';
import { FarSide } from '../../src/session/far-side.ts';
import type { RunOptions } from '../../src/session/types.ts';
import { makeFolder } from '../store/runs.ts';
import { startPeer } from '../support/servers.ts';

/** The built one: a thread cannot be started from TypeScript. */
const BUILT = new URL('../../dist/session/start.js', import.meta.url).href;
const { startSession } = (await import(BUILT)) as typeof import('../../src/session/start.ts');

const TOKEN = 'canary-of-a-token';

async function serve(): Promise<ServedPeer> {
  const peer = await servePeer({
    ...{ address: '127.0.0.1', port: 0, token: TOKEN, interfaceName: 'eth0', ports: [3128] },
    ...{ application: 'rushhour test', lost: () => 0, say: () => {} },
  });
  onTestFinished(() => peer.close());
  return peer;
}

/** Twenty attempts in a second, while the peer has three packets to tell of. */
async function run(peer: ServedPeer, token: string, during: () => Promise<void> | void = () => {}) {
  const { port } = await startPeer({
    request: (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok'),
  });
  const resultsDir = makeFolder();
  const scenario = parseScenario(
    `schema: 1\ntarget: http://127.0.0.1:${port}/\narms:\n  a: { via: direct, load: [{ hold: { rate: 20, for: 1 } }] }\n`,
    'seen from afar',
  );
  const said: string[] = [];
  const options: RunOptions = {
    ...{ scenario, label: '', workers: 1, engine: 'portable', resultsDir, command: [] },
    peer: { host: '127.0.0.1', port: peer.port, fingerprint: peer.fingerprint, token },
  };
  const outcome = await startSession(options, { warning: (text) => void said.push(text) })
    .then(async (handle) => {
      for (let ns = 0; ns < 3; ns += 1) peer.write({ sec: 100, ns }, new Uint8Array(60), 60);
      await during();
      return (await handle.finished).summary;
    })
    .catch((error: unknown) => error);
  const [id] = readdirSync(resultsDir);
  return { outcome, said, dir: id === undefined ? undefined : join(resultsDir, id) };
}

function countFrames(path: string): number {
  const reader = new CaptureReader(() => {});
  reader.push(readFileSync(path));
  const { frames, faults } = reader.end();
  expect([...faults]).toEqual([]);
  return frames;
}

const COMPLETE = { run: { status: 'complete' }, arms: { a: { scheduled: 20, completed: 20 } } };

it('a run keeps what the peer saw, where only its owner reads it, and nothing of the token', async () => {
  const { outcome, said, dir } = await run(await serve(), TOKEN);
  expect(outcome).toMatchObject(COMPLETE);
  expect(said.filter((line) => line.includes('peer'))).toEqual([]);
  const path = join(dir!, 'capture/far.pcapng');
  expect(countFrames(path)).toBe(3);
  expect(statSync(path).mode & 0o077).toBe(0);
  const files = readdirSync(dir!, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
  for (const { parentPath, name } of files)
    expect(readFileSync(join(parentPath, name)).includes(TOKEN), name).toBe(false);
});

it('a run whose peer goes away says so, keeps what it had, and ends as it would have', async () => {
  const peer = await serve();
  const { outcome, said, dir } = await run(peer, TOKEN, async () => {
    await expect.poll(() => peer.clients).toBe(1);
    await peer.close();
  });
  expect(outcome).toMatchObject(COMPLETE);
  expect(said.filter((line) => line.includes('peer'))).toEqual([
    'the peer is gone (closed the connection): what arrives there is no longer recorded; the load continues',
  ]);
  expect(countFrames(join(dir!, 'capture/far.pcapng'))).toBe(3);
});

it('what comes before a run has a folder is kept up to a bound, and what is not is said once', async () => {
  const peer = await serve();
  const said: string[] = [];
  const address = { host: '127.0.0.1', port: peer.port, fingerprint: peer.fingerprint, token: TOKEN };
  const side = await FarSide.open(address, { warning: (text) => void said.push(text) });
  await expect.poll(() => peer.clients).toBe(1);
  const packets = 40_000;
  for (let ns = 0; ns < packets; ns += 1) peer.write({ sec: 100, ns }, new Uint8Array(128), 128);
  await expect.poll(() => said, { timeout: 30_000 }).toHaveLength(1);
  expect(said[0]).toContain('the rest is not kept');
  const dir = makeFolder();
  side.keep(dir);
  await side.finish();
  expect(statSync(join(dir, 'capture/far.pcapng')).size).toBeGreaterThan(3_000_000);
});

it('a run does not begin without the peer that it was to have', async () => {
  const { outcome, dir } = await run(await serve(), 'another token of some length');
  expect(outcome).toMatchObject({ exitCode: 5, message: expect.stringContaining('refused') });
  expect(dir).toBeUndefined();
});
