/** A soak as its user starts it, kills it and goes on with it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DATABASE_PORT, FAR, PROXY_NAME, PROXY_PORT } from './site.mjs';

/** Longest that is waited for anything to be seen. */
const PATIENCE_MS = 180_000;
const LOOK_MS = 100;

/** A handshake that lost its SYNs is given up soon, so that it is soon settled which seconds count. */
const scenario = (ratePerSec) => `
schema: 1
target: http://origin.test/
proxy: ${PROXY_NAME}:${PROXY_PORT}
arms:
  web:
    via: proxy
    timeouts: { handshake: 2800ms }
    load:
      - hold: { rate: ${ratePerSec}/s, for: 10s }
  knock:
    via: tcp
    target: tcp://${PROXY_NAME}:${PROXY_PORT}
    close: reset
    timeouts: { handshake: 2800ms }
    load:
      - hold: { rate: ${Math.ceil(ratePerSec / 4)}/s, for: 10s }
`;

export class Soak {
  #site;
  #name;
  #args;
  #child;
  #said = '';

  constructor(site, { name, ratePerSec, forSec, windowSec }) {
    this.#site = site;
    this.#name = name;
    const file = join(site.dir, `${name}.yaml`);
    writeFileSync(file, scenario(ratePerSec));
    const sink = `influxdb://${FAR[0]}:${DATABASE_PORT}/rushhour`;
    this.#args = ['soak', file, '--for', `${forSec}s`, '--window', `${windowSec}s`, '--sink', sink];
    this.#args.push('--results', site.results, '--resume', '--i-am-allowed-to-test-this');
  }

  /** All that it has printed, of every process. */
  get said() {
    return this.#said;
  }

  /** Starts it, or goes on with it; resolves once a second of this process stands on the disk. */
  async start() {
    const before = this.seconds().at(-1) ?? -1;
    const command = [process.execPath, this.#site.launcher, ...this.#args];
    this.#child = spawn('ip', ['netns', 'exec', this.#site.near, ...command], {
      cwd: this.#site.dir,
      env: { ...process.env, ...this.#site.environment, NO_COLOR: '1', XDG_CONFIG_HOME: this.#site.dir },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream.on('data', (text) => (this.#said += text));
    await this.until('its first second', () => (this.seconds().at(-1) ?? -1) > before);
  }

  async kill() {
    const gone = once(this.#child, 'exit');
    const atMs = Date.now();
    this.#child.kill('SIGKILL');
    await gone;
    return atMs;
  }

  signal() {
    this.#child.kill('SIGTERM');
  }

  /** @returns the exit code; null where it was killed */
  async ended() {
    await this.until(
      'its end',
      () => this.#child.exitCode !== null || this.#child.signalCode !== null,
      false,
    );
    return this.#child.exitCode;
  }

  /** Ends it where it still runs. */
  async dispose() {
    if (this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null)
      await this.kill();
  }

  get dir() {
    const [name] = list(this.#site.results).filter((one) => one.endsWith(`-${this.#name}`));
    return name === undefined ? undefined : join(this.#site.results, name);
  }

  events() {
    const events = new Map();
    for (const event of readLines(join(this.dir ?? '', 'events.jsonl'))) events.set(event.id, event);
    return [...events.values()];
  }

  get recentFiles() {
    return list(join(this.dir ?? '', 'recent')).length;
  }

  /** Seconds in recent/, as they were written. */
  seconds() {
    const recent = join(this.dir ?? '', 'recent');
    const names = list(recent).filter((name) => name.endsWith('.jsonl'));
    return names.flatMap((name) => readLines(join(recent, name)).map(({ second }) => second));
  }

  /** Resolves once so many events of a kind have begun, or have ended. */
  async event(kind, { count = 1, isOver = false } = {}) {
    const isMeant = (event) => event.kind === kind && (!isOver || event.toSec !== null);
    await this.until(`event ${kind}`, () => this.events().filter(isMeant).length >= count);
  }

  /** Resolves once there is an event of a kind, and none of it lasts. */
  async allOver(kind) {
    await this.until(`the end of ${kind}`, () => {
      const events = this.events().filter((event) => event.kind === kind);
      return events.length > 0 && events.every(({ toSec }) => toSec !== null);
    });
  }

  /** Resolves once a second is over that counts, whatever happened before it. */
  async settled() {
    const { settleSec } = JSON.parse(readFileSync(join(this.dir, 'run.json'), 'utf8')).soak;
    const last = () => this.seconds().at(-1) ?? -1;
    const counts = () =>
      this.events().every(
        ({ setsAside, toSec }) => !setsAside || (toSec !== null && last() > toSec + settleSec),
      );
    await this.until('a second that counts', counts);
  }

  async secondsMore(count) {
    const from = this.seconds().length;
    await this.until(`${count} seconds`, () => this.seconds().length >= from + count);
  }

  async until(what, isSo, mustLive = true) {
    const endMs = performance.now() + PATIENCE_MS;
    while (!isSo()) {
      const isDead = this.#child.exitCode !== null || this.#child.signalCode !== null;
      if ((mustLive && isDead) || performance.now() > endMs) {
        throw new Error(`${isDead ? 'ended' : 'waited in vain'} before ${what}:\n${this.#said}`);
      }
      await sleep(LOOK_MS);
    }
  }
}

function list(dir) {
  try {
    return readdirSync(dir).sort();
  } catch {
    return [];
  }
}

/** Whole lines that are JSON. */
export function readLines(path) {
  let text = '';
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return [];
  }
  const lines = text.slice(0, text.lastIndexOf('\n') + 1).split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line));
}
