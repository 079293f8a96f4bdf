import { appendFileSync, cpSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { Comparison } from '../../src/analysis/compare/types.ts';
import type { Summary } from '../../src/analysis/types.ts';
import { EXIT } from '../../src/errors.ts';
import { type Browser, Browsers } from '../peers/browser.ts';
import { suiteNeeding } from '../support/suite-needing.ts';
import { wasTooBusy } from '../support/verdict.ts';
import { makeWorkplace, type Started, type Workplace } from './rushhour.ts';

const SAMPLES = fileURLToPath(new URL('../../results/samples', import.meta.url));
const BEFORE = '20261121-052056-steady';
const AFTER = '20261121-052137-steady';

/** Six seconds through a proxy on this machine. */
const SMALL = `schema: 1
description: A run to look at.
farEnd: embedded
target: /?n={nonce}
arms:
  stress:
    via: proxy
    load:
      - ramp: { from: 0/s, to: 40/s, for: 1s }
      - hold: { rate: 40/s, for: 5s }
  connect:
    via: tcp
    close: reset
    load:
      - hold: { rate: 5/s, for: 6s }
`;

/** The texts of what happened, once there are so many. */
const SEEN = (selector: string, count: number) => `new Promise((done) => {
  const look = () => {
    const items = document.querySelectorAll('.host-events ${selector}');
    if (items.length === ${count}) done([...items].map((item) => item.textContent));
  };
  look();
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true, attributes: true });
})`;

suiteNeeding('the pages of rushhour serve in Chromium', ['chromium'], () => {
  let place: Workplace;
  let server: Started;
  let browser: Browser;
  let url: string;

  const browsers = new Browsers();
  beforeAll(async () => {
    place = makeWorkplace();
    cpSync(SAMPLES, place.results, { recursive: true });
    server = place.start(['serve', '--port', '0', '--results', place.results]);
    let printed = '';
    server.child.stdout?.on('data', (chunk: Buffer) => (printed += chunk));
    await server.until(/Ctrl-C/);
    url = printed.trim().replace(/\/$/, '');
    browser = await browsers.open();
  });
  afterEach(() => {
    expect(browser.complaints).toEqual([]);
    const origins = new Set(browser.requested.map((address) => new URL(address).origin));
    expect([...origins].filter((origin) => origin !== url)).toEqual([]);
  });
  afterAll(async () => {
    await browsers.stop();
    server.child.kill('SIGINT');
    expect((await server.finished).code).toBe(0);
    await place.clean();
  });

  it('lays two runs that were chosen over each other, with the figures of rushhour compare', async () => {
    await browser.open(`${url}/`);
    const button = 'document.querySelector("form.runs button")';
    expect(await browser.read(`${button}.disabled`)).toBe(true);
    // By keyboard: both boxes, then the button.
    await browser.read('document.querySelectorAll("form.runs input")[0].focus()');
    await browser.press(' ');
    await browser.read('document.querySelectorAll("form.runs input")[1].focus()');
    await browser.press(' ');
    expect(await browser.read(`${button}.disabled`)).toBe(false);
    await browser.follow(`${button}.click()`);
    expect(await browser.read('location.pathname + location.search')).toBe(
      `/compare?before=${BEFORE}&after=${AFTER}`,
    );
    const { code, stdout } = await place.run([
      'compare',
      BEFORE,
      AFTER,
      '--json',
      '--results',
      place.results,
    ]);
    expect(code).toBe(0);
    const comparison = JSON.parse(stdout) as Comparison;
    expect(await browser.read('document.querySelector(".lead").textContent')).toBe(comparison.sentence);
    expect(await browser.read(`fetch("/").catch(() => "refused")`)).toBe('refused');
    browserForgets();
    const summaries = [BEFORE, AFTER].map(summaryOf);
    const drawn = await browser.read<number[][]>(
      'document.querySelector("#arm-0-handshake .plot").plot.data',
    );
    const sums = drawn.slice(1).map((counts) => counts.reduce((all, count) => all + count));
    expect(sums).toEqual(summaries.map(({ arms }) => arms['traffic']!.handshakeUs.count));
  });

  it('shows a run under way second by second, and what its summary says at its end', async () => {
    const file = await place.scenario('small', SMALL);
    await browser.open(`${url}/live`);
    const heading = () => browser.read<string>('document.querySelector("h1").textContent');
    expect(await heading()).toBe('No run in progress');
    const reloaded = browser.follow('window.isOld = true');
    const run = place.start([
      'run',
      file,
      '--label',
      'a <b>label</b>',
      '--quiet',
      '--results',
      place.results,
    ]);
    const id = await underWay();
    await reloaded;
    expect([await heading(), await browser.read('window.isOld ?? false')]).toEqual(['In progress', false]);
    await browser.open(`${url}/runs/${id}`);
    expect(await browser.read('document.querySelector("h2").textContent')).toContain('a <b>label</b>');
    await browser.read('window.sameDocument = true');
    const seen = await browser.read<number[]>(`new Promise((done) => {
      const section = document.querySelector('[data-live]');
      const seen = [];
      const look = () => {
        seen.push(Number(section.dataset.second));
        if (section.querySelector('.over') !== null) done(seen);
      };
      look();
      new MutationObserver(look).observe(section, { subtree: true, attributes: true, attributeFilter: ['class', 'data-second'] });
    })`);
    expect(await browser.read('window.sameDocument')).toBe(true);
    expect(new Set(seen).size).toBeGreaterThan(2);
    const { code } = await run.finished;
    const { arms } = summaryOf(id);
    expect(code).toBe(wasTooBusy(summaryOf(id)) ? EXIT.generatorLimited : EXIT.ok);
    const tile = (name: string) =>
      browser.read<string>(`document.querySelector('[data-tile="${name}"]').textContent`);
    const started = arms['stress']!.started + arms['connect']!.started;
    expect(await tile('started')).toBe(String(started));
    expect(await tile('stalled')).toBe(
      String(arms['stress']!.stalled.count + arms['connect']!.stalled.count),
    );
    expect(
      await browser.read(
        '[...document.querySelectorAll("tbody tr")].map((row) => row.innerText.split("\\t").slice(0, 2))',
      ),
    ).toEqual([
      ['connect', String(arms['connect']!.started)],
      ['stress', String(arms['stress']!.started)],
      ['stress (ramp, not counted)', String(arms['stress']!.ramp!.started)],
    ]);
    expect(
      await browser.read('document.querySelector(".spark.started path").getAttribute("d").length'),
    ).toBeGreaterThan(50);
    expect(await browser.read('document.querySelector(".says").textContent')).toBe('over: complete');
  });

  it('shows what happens to a soak besides its load, and when it is over', async () => {
    const file = await place.scenario('night', SMALL);
    const flags = ['--for', '60s', '--window', '10s', '--quiet', '--results', place.results];
    const soak = place.start(['soak', file, ...flags]);
    const id = await underWay();
    await browser.open(`${url}/runs/${id}`);
    expect(await browser.read(SEEN('li', 1))).toEqual([expect.stringMatching(/^at 0 s: /)]);
    const event = { id: 99, kind: 'link-down', at: new Date().toISOString(), fromSec: 2, setsAside: true };
    const note = (toSec: number | null) =>
      appendFileSync(
        join(place.results, id, 'events.jsonl'),
        `${JSON.stringify({ ...event, toSec, text: 'eth0 <lost> its carrier' })}\n`,
      );
    note(null);
    const lasting = ['since 2 s: eth0 <lost> its carrier (excluded)'];
    expect(await browser.read(SEEN('li.lasts', 1))).toEqual(lasting);
    note(4);
    expect(await browser.read(SEEN('li.lasts', 0))).toEqual([]);
    expect(await browser.read(SEEN('li', 2))).toContain('2 s to 4 s: eth0 <lost> its carrier (excluded)');
    soak.child.kill('SIGINT');
    expect((await soak.finished).code).toBe(130);
  });

  it('shows what was tested below a scenario smaller than the scenario, and the whole table of runs on a small desk', async () => {
    await browser.setWidth(900);
    await browser.open(url);
    const seen = await browser.read<{ sizes: number[]; margin: string; hidden: number }>(`(() => {
      const note = document.querySelector('.runs .note');
      const size = (element) => parseFloat(getComputedStyle(element).fontSize);
      const table = document.querySelector('.runs .scrolls');
      return {
        sizes: [size(note), size(note.parentElement)],
        margin: getComputedStyle(note).margin,
        hidden: table.scrollWidth - table.clientWidth,
      };
    })()`);
    expect(seen.sizes[0]).toBeLessThan(seen.sizes[1]!);
    expect(seen).toMatchObject({ margin: '0px', hidden: 0 });
  });

  it('fits a phone', async () => {
    await browser.setWidth(360);
    for (const path of ['/', `/runs/${BEFORE}`, '/live', `/compare?before=${BEFORE}&after=${AFTER}`]) {
      await browser.open(`${url}${path}`);
      const width = await browser.read<number>('document.documentElement.scrollWidth');
      expect([path, width]).toEqual([path, 360]);
    }
  });

  /** A report may fetch nothing, not even from here: asked to, it complains. */
  function browserForgets(): void {
    expect(browser.complaints.length).toBeGreaterThan(0);
    expect(browser.complaints.every((text) => text.includes('Content Security Policy'))).toBe(true);
    (browser.complaints as string[]).length = 0;
  }

  /** The run that has begun, as soon as there is one. */
  async function underWay(): Promise<string> {
    for (let tries = 0; tries < 400; tries += 1) {
      const { runs } = (await (await fetch(`${url}/api/runs`)).json()) as {
        runs: { id: string; status: string }[];
      };
      const running = runs.find(({ status }) => status === 'running');
      if (running !== undefined) return running.id;
      await sleep(50);
    }
    throw new Error('no run has begun');
  }

  function summaryOf(id: string): Summary {
    expect(readdirSync(place.results)).toContain(id);
    return JSON.parse(readFileSync(join(place.results, id, 'summary.json'), 'utf8')) as Summary;
  }
});
