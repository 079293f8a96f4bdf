import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DevTools } from './devtools.ts';
import { stopPeer } from './peer.ts';

/** A headless Chromium with one empty page. */
export interface LaunchedChromium {
  readonly devTools: DevTools;
  /** Calls a method of the page. */
  call<Result>(method: string, params?: object): Promise<Result>;
  stop(): Promise<void>;
}

const SWITCHES = [
  '--headless=new',
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--remote-debugging-pipe',
];

/** Starts it with a profile of its own, steered by the DevTools protocol over a pipe. */
export async function launchChromium(
  switches: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<LaunchedChromium> {
  const profile = await mkdtemp(join(tmpdir(), 'rushhour-chromium-'));
  const child = spawn('chromium', [...SWITCHES, ...switches, `--user-data-dir=${profile}`, 'about:blank'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
    // What it leaves in the place for passing files goes with its profile.
    env: { ...process.env, ...env, TMPDIR: profile },
  });
  await once(child, 'spawn');
  const devTools = new DevTools(child);
  const { targetInfos } = await devTools.call<{ targetInfos: { type: string; targetId: string }[] }>(
    'Target.getTargets',
  );
  const targetId = targetInfos.find(({ type }) => type === 'page')?.targetId;
  const { sessionId } = await devTools.call<{ sessionId: string }>('Target.attachToTarget', {
    targetId,
    flatten: true,
  });
  return {
    devTools,
    call: (method, params = {}) => devTools.call(method, params, sessionId),
    async stop() {
      await stopPeer(child);
      await rm(profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
    },
  };
}
