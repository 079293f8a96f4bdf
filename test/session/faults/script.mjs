/** What happens to a soak, one thing after the other, and what it must have recorded in spite of it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Soak } from './night.mjs';
import { FAR, NEAR } from './site.mjs';

/**
 * Shortened, as it runs with the tests, and the long form. Seconds, but for counts. A name is looked up every 30 s and
 * has moved once two answers agree: the last process lives longer than that in either form.
 */
export const PLANS = {
  short: {
    ...{ ratePerSec: 40, windowSec: 5, forSec: 600 },
    ...{ kills: 3, livesSec: [1, 2.5], whileFaulty: [undefined, 'link', 'refuse'] },
    ...{ databaseDownSec: 20, diskFullSec: 7, loseSec: [3], proxyDownSec: 2, linkDownSec: [2] },
  },
  long: {
    ...{ ratePerSec: 200, windowSec: 10, forSec: 7_200 },
    ...{ kills: 10, livesSec: [5, 25], whileFaulty: ['link', 'address', 'refuse', 'name', 'clock'] },
    ...{
      databaseDownSec: 300,
      diskFullSec: 30,
      loseSec: [3, 1, 3],
      proxyDownSec: 10,
      linkDownSec: [1, 5, 20],
    },
  },
};

/** Seconds after a fault in which what was open then turns out. */
const TURN_OUT_SEC = 8;

/** Numbers from 0 to 1, the same for the same seed. */
export function randomOf(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/**
 * Runs the whole script at a site.
 * @returns the facts, as the far side, nft and the exit code tell them
 */
export async function befall(site, plan, seed, say = () => {}) {
  const soak = new Soak(site, { name: 'night', ...plan });
  const facts = {
    dir: '',
    kills: [],
    rounds: 0,
    lost: 0,
    cuts: plan.linkDownSec.length,
    exitCode: undefined,
    framesBefore: [],
  };
  const faults = new Faults(site, soak, plan, facts, say);
  try {
    await soak.start();
    facts.dir = soak.dir;
    await faults.stepClock(3_600);
    await site.farEnd('database-down');
    const downMs = performance.now();
    await killAgainAndAgain(soak, faults, plan, randomOf(seed), facts, say);
    await faults.stepClock(-7_200);
    await faults.changeAddress();
    const diskWasFull = faults.fillDisk();
    diskWasFull.catch(() => {});
    for (const forSec of plan.loseSec) await faults.loseSyns(forSec);
    // Moving sets seconds aside at a moment that nobody knows: it must not take a stall that is real.
    site.moveProxy(FAR[1]);
    const isMoved = soak.event('far-end-moved', { isOver: true });
    isMoved.catch(() => {});
    await faults.stopProxy();
    for (const forSec of plan.linkDownSec) await faults.cutLink(forSec);
    await diskWasFull;
    await sleep(Math.max(0, plan.databaseDownSec * 1_000 - (performance.now() - downMs)));
    await site.farEnd('database-up');
    await soak.allOver('sink-away');
    await untilDelivered(site, soak);
    await isMoved;
    say('the name has moved');
    await soak.settled();
    facts.recentFiles = soak.recentFiles;
    await faults.loseSyns(1, async () => soak.signal());
    facts.exitCode = await soak.ended();
    facts.said = soak.said;
    return facts;
  } finally {
    await soak.dispose();
  }
}

/** Seconds that a sink waits for, as they may yet be set aside, and those of a batch that is not full. */
const HELD_SEC = 40;

/** How long a database may take over all that waited for it, milliseconds. */
const DELIVERY_MS = 300_000;

/** What waited for the database has reached it: a signal gives it no more time than anybody waits for a program to end. */
async function untilDelivered(site, soak) {
  const endMs = performance.now() + DELIVERY_MS;
  for (;;) {
    const { points } = await site.farEnd('tell');
    const delivered = points.filter(({ key }) => key.startsWith('rushhour_run,')).length;
    if (delivered >= new Set(soak.seconds()).size - HELD_SEC || performance.now() > endMs) return;
    await sleep(1_000);
  }
}

/** Kills it at random moments, in the long form while something else happens, and goes on with it each time. */
async function killAgainAndAgain(soak, faults, { kills, livesSec, whileFaulty }, random, facts, say) {
  const [least, most] = livesSec;
  for (let kill = 0; kill < kills; kill += 1) {
    const fault = whileFaulty[kill % whileFaulty.length];
    const livesMs = (least + random() * (most - least)) * 1_000;
    const isEarly = random() < 0.5;
    say(
      `kill ${kill + 1} after ${(livesMs / 1_000).toFixed(2)} s${fault === undefined ? '' : `, with ${fault}`}`,
    );
    if (isEarly) await faults.begin(fault);
    await sleep(livesMs);
    if (!isEarly) await faults.begin(fault);
    const atMs = await soak.kill();
    facts.kills.push({ atMs, lastSecond: soak.seconds().at(-1), fault });
    await soak.start();
    // Looking once a second, it takes two looks to tell that something was so from the beginning.
    if (fault !== undefined) await soak.secondsMore(2);
    await faults.end(fault);
  }
}

/** Each does one thing, waits until it was noticed, and mends it. */
class Faults {
  #site;
  #soak;
  #plan;
  #facts;
  #say;
  #near = 0;
  #far = 0;
  #clock = 0;

  constructor(site, soak, plan, facts, say) {
    this.#site = site;
    this.#soak = soak;
    this.#plan = plan;
    this.#facts = facts;
    this.#say = say;
  }

  async stepClock(bySec) {
    const count = this.#soak.events().filter(({ kind }) => kind === 'clock-stepped').length + 1;
    this.#setClock(this.#clock + bySec);
    await this.#soak.event('clock-stepped', { count });
    this.#say(`the clock was set by ${bySec} s`);
  }

  async changeAddress() {
    const count = this.#soak.events().filter(({ kind }) => kind === 'address-changed').length + 1;
    await this.#swapAddress();
    await this.#soak.event('address-changed', { count });
    await this.#soak.settled();
    this.#say('the address has changed');
  }

  async fillDisk() {
    const { diskFullSec } = this.#plan;
    this.#facts.framesBefore = this.#soak.seconds();
    this.#site.fillDisk();
    await sleep(diskFullSec * 1_000);
    this.#facts.framesWhileFull = this.#soak.seconds();
    await this.#site.makeRoom();
    await this.#soak.event('disk-full', { isOver: true });
    this.#say('the disk was full');
  }

  /** Real stalls. @param meanwhile called once SYNs are lost for a second */
  async loseSyns(forSec, meanwhile) {
    this.#facts.rounds += 1;
    const round = this.#facts.rounds;
    await this.#site.rules('lose', round);
    await sleep(1_000);
    await meanwhile?.();
    await sleep((forSec - 1) * 1_000);
    // A signal was given: nothing is begun any more, and what is open is lost for good.
    if (meanwhile !== undefined) await this.#soak.ended();
    const lost = await this.#site.stopLosing(round);
    this.#facts.lost += lost;
    this.#say(`${lost} connections lost their SYN`);
    if (meanwhile === undefined) await sleep(TURN_OUT_SEC * 1_000);
  }

  async stopProxy() {
    await this.begin('refuse');
    // What was under way is accepted before nobody listens any more.
    await sleep(200);
    await this.#site.farEnd('proxy-down');
    await this.#site.noRules('refuse');
    await sleep(this.#plan.proxyDownSec * 1_000);
    await this.begin('refuse');
    await this.#site.farEnd('proxy-up');
    await this.end('refuse');
    this.#say('the proxy was down');
    await sleep(1_500);
  }

  async cutLink(forSec) {
    const count = this.#soak.events().filter(({ kind }) => kind === 'link-down').length + 1;
    await this.begin('link');
    await sleep(forSec * 1_000);
    await this.end('link');
    await this.#soak.event('link-down', { count, isOver: true });
    this.#say(`the link was down for ${forSec} s`);
  }

  /** Begins what may be killed in. */
  async begin(fault) {
    if (fault === 'link') await this.#link('down');
    if (fault === 'address') await this.#swapAddress();
    if (fault === 'refuse') await this.#site.rules('refuse');
    if (fault === 'clock') this.#setClock(this.#clock + 1_000);
    if (fault === 'name') this.#moveProxy();
  }

  async end(fault) {
    if (fault === 'link') await this.#link('up');
    if (fault === 'refuse') await this.#site.noRules('refuse');
    if (fault === 'name') this.#moveProxy();
  }

  #setClock(offBySec) {
    this.#clock = offBySec;
    this.#site.setClock(offBySec);
  }

  #moveProxy() {
    this.#far = 1 - this.#far;
    this.#site.moveProxy(FAR[this.#far]);
  }

  /** The far side's end: the probe's loses its carrier. */
  async #link(state) {
    await this.#site.in(this.#site.far, 'ip', 'link', 'set', 'cable', state);
  }

  /** The probe comes from elsewhere now. */
  async #swapAddress() {
    const { near } = this.#site;
    const [from, to] = [NEAR[this.#near], NEAR[1 - this.#near]];
    this.#near = 1 - this.#near;
    await this.#site.in(near, 'ip', 'addr', 'add', to, 'dev', 'cable');
    await this.#site.in(near, 'ip', 'addr', 'del', from, 'dev', 'cable');
  }
}

/** A second signal ends at once what the first would let settle. @returns how it ended, and what it said */
export async function endTwice(site) {
  const soak = new Soak(site, { name: 'twice', ratePerSec: 20, windowSec: 5, forSec: 600 });
  try {
    await soak.start();
    const { dir } = soak;
    await site.rules('lose', 'twice');
    await soak.secondsMore(1);
    soak.signal();
    await soak.until('its first word', () => soak.said.includes('stopping:'));
    soak.signal();
    const exitCode = await soak.ended();
    await site.noRules('losetwice');
    return { dir, exitCode, said: soak.said };
  } finally {
    await soak.dispose();
  }
}
