/** rushhour's browser arm in the place of a browser: a run of one browser and one page for each page that is opened. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LOGIN } from './proxy.mjs';

const LAUNCHER = join(import.meta.dirname, '../../bin/rushhour');
const AUTH = {
  none: '',
  basic: 'auth: { scheme: basic, to: proxy, mode: challenge, credentials: { env: RUSHHOUR_BENCH_LOGIN } }',
  negotiate: (host) => `auth: { scheme: negotiate, to: proxy, mode: challenge, service: "HTTP@${host}" }`,
};

const STARTED_WITHIN_MS = 60_000;

/** Rows that it cannot play, by the beginnings of their names, and what it lacks. */
const NOT_YET = {
  'syn-objects': 'this script runs one page for each run, and this row needs a page before',
  'syn-all-second': 'a PAC file is read before a run, not by it',
  refusing: 'a PAC file is read before a run, not by it',
  kept: 'this script runs one page for each run, and this row needs a page before',
  pac: 'a PAC file is read before a run, not by it',
  'tab-closed': 'it has no tabs',
  idle: 'it closes its connections at the end of a run',
};

/** @returns why the arm cannot play a row, or undefined */
export function whyNotYet(id) {
  return Object.entries(NOT_YET).find(([beginning]) => id.startsWith(beginning))?.[1];
}

/** @param {'chromium' | 'firefox'} profile */
const createArm = (name, profile) => ({
  name,
  /** Before a load, rushhour looks whether the proxy is there. */
  looksFirst: true,
  command: LAUNCHER,
  async launch({ dir, proxy, auth, env, browsers = 1 }) {
    const place = await mkdtemp(join(dir, 'rushhour-'));
    return {
      async open(url, withinMs) {
        const file = join(place, 'page.yaml');
        await writeFile(
          file,
          scenarioOf(url, proxy.server, AUTH[auth], { ...ONE_PAGE, profile }, { browsers }),
        );
        return run(file, place, withinMs, env);
      },
      stop: () => undefined,
    };
  },
});

/** No second one: the pause before that has a mean of three hours. */
const ONE_PAGE = { for: '500ms', think: '3h' };

/** Pages as pages.mjs makes them. @param load when they are opened, and how @param {{browsers: number, natPorts?: number}} counts */
function scenarioOf(url, proxy, login, load, { browsers, natPorts }) {
  const { protocol, hostname, searchParams } = new URL(url);
  const [objects, hosts] = ['objects', 'hosts'].map((key) => Number(searchParams.get(key)));
  const on = searchParams.get('on');
  const names =
    on === ''
      ? [hostname, ...(hosts > 1 ? [`o{1-${hosts - 1}}.${hostname}`] : [])]
      : [`o{0-${hosts - 1}}.${on}`];
  const times = Object.entries(load).map(([key, value]) => `      ${key}: ${value}`);
  return `schema: 1
description: Pages of browsers.
${natPorts === undefined ? '' : `natPorts: ${natPorts}`}
arms:
  page:
    via: ${protocol === 'https:' ? 'tunnel' : 'proxy'}
    proxy: ${proxy}
    target: ${protocol}//${hostname}/page?n={nonce}
    ${protocol === 'https:' ? 'tls: { insecure: true }' : ''}
    ${typeof login === 'function' ? login(proxy.split(':')[0]) : login}
    load:
      browsers: ${browsers}
${times.join('\n')}
      page: { objects: ${objects + 1}, hosts: ${JSON.stringify(names)}, paths: ["/{object}.png?n={nonce}"] }
`;
}

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

/** @returns how the page came, the milliseconds that it took by the summary, and when the load began */
async function run(file, place, withinMs, env) {
  const results = join(place, 'results');
  const { child, ended } = start(file, results, env);
  const isOver = { yet: false };
  const closed = ended.finally(() => (isOver.yet = true));
  await endInTime(child, results, withinMs, isOver);
  const { code, signal, stdout, stderr } = await closed;
  const loadBeganAtMs = await readBeginning(results);
  if (loadBeganAtMs === undefined) throw new Error(`rushhour recorded no run: ${stderr.slice(0, 500)}`);
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
