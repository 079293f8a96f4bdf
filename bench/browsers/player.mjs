/**
 * One browser of the built engine, for page after page: a run opens the pages of one scenario, at times of its own. It is
 * started by arm.mjs, which tells it when to open a page, and what to wait for.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { BrowserEngine } from '../../dist/engine/browser/engine.js';
import { DescriptorSockets } from '../../dist/engine/browser/sockets/descriptors.js';
import { classify } from '../../dist/outcome/classify.js';
import { parseScenario } from '../../dist/scenario/load.js';
import { fillProxies } from '../../dist/session/load/fill-proxies.js';
import { resolveArms } from '../../dist/session/load/resolve.js';
import { toBrowserArm } from '../../dist/worker/browser-arm.js';
import { SuccessivePages } from './successive-pages.mjs';

/** Longest wait for an event of a connection: commands are heard between waits. */
const WAIT_US = 1_000;
const MOST_OPEN = 1_000;
/** What it does at a time is over by then, in real time. */
const SETTLING_MS = 300;

/** @returns the only arm of a scenario, as a worker would get it */
async function planArm(text) {
  const read = { scenario: parseScenario(text, 'page'), origins: [] };
  const { scenario } = await fillProxies({ cwd: '.', env: {} }, read);
  const [planned] = await resolveArms(scenario);
  if (planned.arm.auth !== undefined) throw new Error('The player has no credentials.');
  return planned;
}

/** Drives a browser with a clock that can be moved on. */
class Player {
  #passedUs = 0;
  #attempts = 0;
  #nonces = 0;
  #failure;
  #settlePage;
  #pages = new SuccessivePages();
  #browser;

  async open(text) {
    const planned = await planArm(text);
    const { load, expect } = planned.arm;
    const arm = toBrowserArm(planned, load, MOST_OPEN);
    this.#pages.turnTo(arm.page);
    this.#browser ??= this.#start({ ...arm, page: this.#pages }, expect);
    this.#failure = undefined;
    const tookUs = await new Promise((resolve) => {
      this.#settlePage = resolve;
      this.#browser.open(this.#now());
    });
    return tookUs < 0 ? { came: this.#failure ?? 'failed' } : { came: 'loaded', ms: tookUs / 1e3 };
  }

  /** So much later. What is due by then happens at once. */
  async pass(ms) {
    this.#passedUs += ms * 1e3;
    await sleep(SETTLING_MS);
  }

  #now = () => performance.now() * 1e3 + this.#passedUs;

  #start(arm, expect) {
    const sockets = arm.tls === undefined ? new DescriptorSockets(this.#now, MOST_OPEN) : undefined;
    const host = {
      clock: this.#now,
      permit: () => this.#attempts++,
      waits: () => true,
      portOf: () => 0,
      nextNonce: () => this.#nonces++,
      established: () => undefined,
      challenged: () => undefined,
      answered: () => undefined,
      objectOver: () => undefined,
      settled: (record) => {
        const outcome = classify(record, expect);
        if (outcome !== 'ok') this.#failure ??= outcome;
      },
      pageOver: (_browser, tookUs) => this.#settlePage(tookUs),
    };
    const engine = new BrowserEngine(0, arm, host, sockets);
    const turn = () => {
      engine.poll(WAIT_US);
      if (sockets === undefined) setTimeout(turn, 1);
      else setImmediate(turn);
    };
    turn();
    return engine.add(0);
  }
}

const player = new Player();
const DOES = {
  open: ({ scenario }) => player.open(scenario),
  pass: ({ ms }) => player.pass(ms),
};

process.on('message', async (message) => {
  try {
    process.send({ done: await DOES[message.kind](message) });
  } catch (error) {
    process.send({ error: error.message });
  }
});
process.on('disconnect', () => process.exit());
process.send({ done: 'ready' });
