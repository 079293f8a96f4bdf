/**
 * rushhour's browser arm in the place of a browser: a run of one browser and one page for each page that is opened, or, where a
 * page depends on those before it, one browser of its engine.
 */
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LOGIN } from './proxy.mjs';
import { scenarioOf } from './scenario.mjs';

const LAUNCHER = join(import.meta.dirname, '../../bin/rushhour');
const PLAYER = join(import.meta.dirname, 'player.mjs');
const AUTH = {
  none: '',
  basic: 'auth: { scheme: basic, to: proxy, mode: challenge, credentials: { env: RUSHHOUR_BENCH_LOGIN } }',
  negotiate: (host) => `auth: { scheme: negotiate, to: proxy, mode: challenge, service: "HTTP@${host}" }`,
};

const STARTED_WITHIN_MS = 60_000;

/** What rushhour says of a site whose browsers go past the proxy. */
const PAST_THE_PROXY = /--via direct/;

/** @param {'chromium' | 'firefox'} profile */
const createArm = (name, profile) => ({
  name,
  /** One process has all browsers. */
  playsAll: true,
  command: LAUNCHER,
  /** @param launching.stays a later page finds the browser as those before it left it */
  launch: (launching) =>
    launching.stays ? launchPlayer(profile, launching) : launchRuns(profile, launching),
});

/** A run for each page. */
async function launchRuns(profile, { dir, proxy, auth, env, browsers = 1 }) {
  const place = await mkdtemp(join(dir, 'rushhour-'));
  const login = auth === 'negotiate' ? AUTH.negotiate(proxy.server.split(':')[0]) : AUTH[auth];
  const open = async (url, through, withinMs) => {
    const file = join(place, 'page.yaml');
    await writeFile(file, scenarioOf(url, through, login, { ...ONE_PAGE, profile }, { browsers }));
    return run(file, await mkdtemp(join(place, 'results-')), withinMs, env);
  };
  return {
    /** Before a load, rushhour looks whether the proxy is there. */
    looksFirst: true,
    async open(url, withinMs) {
      const page = await open(url, throughOf(proxy), withinMs);
      if (page.refusal === undefined) return page;
      // As it tells whoever asked for it.
      if (!PAST_THE_PROXY.test(page.refusal)) throw new Error(`rushhour ran nothing: ${page.refusal}`);
      return open(url, undefined, withinMs);
    },
    stop: () => undefined,
  };
}

/** One browser for all pages. */
async function launchPlayer(profile, { proxy }) {
  const child = fork(PLAYER, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  let complaint = '';
  child.stderr.on('data', (text) => (complaint += text));
  const gone = once(child, 'close');
  const hear = async () => {
    const heard = await Promise.race([once(child, 'message'), gone.then(() => undefined)]);
    const [{ error, done }] = heard ?? [{ error: complaint.slice(0, 500) }];
    if (error !== undefined) throw new Error(`The player failed: ${error}`);
    return done;
  };
  const tell = (message) => {
    child.send(message);
    return hear();
  };
  await hear();
  return {
    async open(url, withinMs) {
      const scenario = scenarioOf(
        url,
        throughOf(proxy),
        AUTH.none,
        { ...ONE_PAGE, profile },
        { browsers: 1 },
      );
      const page = await Promise.race([
        tell({ kind: 'open', scenario }),
        sleep(withinMs, { came: 'waiting' }),
      ]);
      return { ms: withinMs, ...page };
    },
    /** Its clock is moved on. */
    pass: (ms) => tell({ kind: 'pass', ms }),
    // It has no tabs: what a browser does to its connections as one is closed is nothing.
    newTab: async () => undefined,
    closeTab: async () => undefined,
    async stop() {
      child.kill('SIGKILL');
      await gone;
    },
  };
}

const throughOf = ({ server, pac }) => (pac === undefined ? server : `{ pac: ${JSON.stringify(pac)} }`);

/** No second one: the pause before that has a mean of three hours. */
const ONE_PAGE = { for: '500ms', think: '3h' };

/**
 * Plays a class for some time, to its end.
 * @returns the summary of its arm, what it says of ports, and when its load began
 */
export async function playClass({ dir, url, proxy, browsers, sec, thinkSec, natPorts }) {
  const place = await mkdtemp(join(dir, 'rushhour-'));
  const file = join(place, 'class.yaml');
  const load = { ramp: `${thinkSec}s`, for: `${sec}s`, think: `${thinkSec}s` };
  await writeFile(file, scenarioOf(url, proxy, AUTH.none, load, { browsers, natPorts }));
  const results = join(place, 'results');
  const { code, stdout, stderr } = await start(file, results, {}).ended;
  if (!stdout.startsWith('{')) throw new Error(`rushhour ended with ${code}: ${stderr.slice(0, 500)}`);
  const { arms, findings } = JSON.parse(stdout);
  return {
    arm: arms.page,
    finding: findings.find(({ kind }) => kind === 'ports-needed')?.text,
    begunAtMs: await readBeginning(results),
  };
}

function start(file, results, env) {
  const args = ['run', file, '--results', results, '--json', '--quiet', '--capture', 'off', '--no-ping'];
  const child = spawn(process.execPath, [LAUNCHER, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env, RUSHHOUR_BENCH_LOGIN: `${LOGIN.username}:${LOGIN.password}` },
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (text) => (stdout += text));
  child.stderr.on('data', (text) => (stderr += text));
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal, stdout, stderr }));
  return { child, ended };
}

/**
 * @returns how the page came, the milliseconds that it took by the summary, and when the load began; or, as `refusal`, why there
 *   was no run
 */
async function run(file, results, withinMs, env) {
  const { child, ended } = start(file, results, env);
  const isOver = { yet: false };
  const closed = ended.finally(() => (isOver.yet = true));
  await endInTime(child, results, withinMs, isOver);
  const { code, signal, stdout, stderr } = await closed;
  const loadBeganAtMs = await readBeginning(results);
  if (loadBeganAtMs === undefined) return { refusal: stderr.slice(0, 500) };
  const began = { loadBeganAtMs };
  if (signal === 'SIGKILL') return { ms: withinMs, came: 'waiting', ...began };
  if (!stdout.startsWith('{')) throw new Error(`rushhour ended with ${code}: ${stderr.slice(0, 500)}`);
  const { phases = {}, outcomes } = JSON.parse(stdout).arms.page;
  const pageUs = phases.pageUs?.p50;
  if (pageUs !== undefined) return { ms: pageUs / 1e3, came: 'loaded', ...began };
  const failed = Object.keys(outcomes).find((name) => name !== 'ok') ?? 'no page';
  return { ms: withinMs, came: failed, ...began };
}

/** Kills a run whose load has had its time. How long a start takes is the machine's matter. */
async function endInTime(child, results, withinMs, isOver) {
  const until = Date.now() + STARTED_WITHIN_MS;
  let begunAt;
  while (!isOver.yet && Date.now() < (begunAt === undefined ? until : begunAt + withinMs)) {
    begunAt ??= await readBeginning(results);
    await sleep(50);
  }
  if (!isOver.yet) child.kill('SIGKILL');
}

/** @returns when the load began, once it is written down */
async function readBeginning(results) {
  const [id] = await readdir(results).catch(() => []);
  const text = id === undefined ? '' : await readFile(join(results, id, 'run.json'), 'utf8').catch(() => '');
  return text === '' ? undefined : Date.parse(JSON.parse(text).startedAt);
}

export const arm = createArm('rushhour', 'chromium');
export const firefoxArm = createArm('rushhour-firefox', 'firefox');
