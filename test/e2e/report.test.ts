import { cpSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Summary } from '../../src/analysis/types.ts';
import { makeWorld } from '../evidence/far/world.ts';
import { type Browser, Browsers } from '../peers/browser.ts';
import { suiteNeeding } from '../support/suite-needing.ts';
import { makeWorkplace, type Workplace } from './rushhour.ts';

const SAMPLES = fileURLToPath(new URL('../../results/samples', import.meta.url));
const BEFORE = '20261121-052056-steady';
const AFTER = '20261121-052137-steady';

/** The figures of the first arm, as they are drawn. */
const DRAWN = (figure: string, plot = 0, arm = 0) =>
  `document.querySelectorAll("#arm-${arm}-${figure} .plot")[${plot}].plot.data`;

/** Keeps of every text on a canvas where it stands, until that canvas is drawn anew. */
const KEEP_TEXTS = `(() => {
  const kept = (window.kept = new Map());
  const { fillText, clearRect } = CanvasRenderingContext2D.prototype;
  Object.assign(CanvasRenderingContext2D.prototype, {
    fillText(text, x, y, ...more) {
      const size = this.measureText(text);
      const at = this.getTransform();
      const corners = [-size.actualBoundingBoxLeft, size.actualBoundingBoxRight].flatMap((dx) =>
        [-size.actualBoundingBoxAscent, size.actualBoundingBoxDescent].map((dy) => at.transformPoint({ x: x + dx, y: y + dy })));
      const [xs, ys] = [corners.map(({ x }) => x), corners.map(({ y }) => y)];
      const box = { text, left: Math.min(...xs), right: Math.max(...xs), top: Math.min(...ys), bottom: Math.max(...ys) };
      if (text !== '') kept.set(this.canvas, [...(kept.get(this.canvas) ?? []), box]);
      return fillText.call(this, text, x, y, ...more);
    },
    clearRect(...area) {
      kept.delete(this.canvas);
      return clearRect.call(this, ...area);
    },
  });
})()`;

/** Texts that lie on each other, of every canvas that is still there; and how many texts there are. */
const OVERLAPS = `(() => {
  const lying = [];
  let texts = 0;
  for (const [canvas, boxes] of window.kept) {
    if (!canvas.isConnected) continue;
    texts += boxes.length;
    boxes.forEach((a, index) => boxes.slice(index + 1).forEach((b) => {
      if (Math.min(a.right, b.right) - Math.max(a.left, b.left) > 0.5 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 0.5)
        lying.push([canvas.closest('figure').id, a.text, b.text]);
    }));
  }
  return { texts, lying };
})()`;

suiteNeeding('the report in Chromium', ['chromium'], () => {
  let place: Workplace;
  let page: Browser | undefined;
  const browsers = new Browsers();

  beforeAll(() => {
    place = makeWorkplace();
    cpSync(SAMPLES, place.results, { recursive: true });
  });
  afterAll(async () => {
    await browsers.stop();
    await place.clean();
  });

  async function open(...args: string[]): Promise<{ page: Browser; file: string }> {
    const file = join(place.dir, 'report.html');
    const { code, stderr } = await place.run(['report', ...args, '-o', file, '--results', place.results]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    page = await browsers.open();
    await page.prepare(KEEP_TEXTS);
    await page.open(pathToFileURL(file).href);
    return { page, file };
  }

  function summaryOf(id: string): Summary {
    return JSON.parse(readFileSync(join(place.results, id, 'summary.json'), 'utf8')) as Summary;
  }

  async function closing(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } finally {
      await page?.close();
      page = undefined;
    }
  }

  it('draws the figures that summary.json holds, and fetches nothing', () =>
    closing(async () => {
      const { page, file } = await open(BEFORE);
      const { traffic } = summaryOf(BEFORE).arms as Record<string, Summary['arms'][string]>;
      const [, stalled] = await page.read<number[][]>(DRAWN('stalled'));
      expect(stalled!.reduce((sum, count) => sum + count)).toBe(traffic!.stalled.count);
      const [, handshakes] = await page.read<number[][]>(DRAWN('handshake'));
      expect(handshakes!.reduce((sum, count) => sum + count)).toBe(traffic!.handshakeUs.count);
      const [odds, handshake, , total] = await page.read<number[][]>(DRAWN('percentiles'));
      for (const [key, one] of [
        ['p50', 2],
        ['p90', 10],
        ['p99', 100],
        ['p999', 1_000],
      ] as const) {
        const at = odds!.indexOf(one);
        // Six digits are embedded.
        expect(handshake![at]! / traffic!.handshakeUs[key]).toBeCloseTo(1, 5);
        expect(total![at]! / traffic!.totalUs[key]).toBeCloseTo(1, 5);
      }
      // The one stalled handshake in sixty is not lost beyond the edge.
      const { control } = summaryOf(BEFORE).arms as Record<string, Summary['arms'][string]>;
      const [, controls] = await page.read<number[][]>(DRAWN('percentiles', 0, 1));
      for (const [drawn, { max }] of [
        [handshake!, traffic!.handshakeUs],
        [controls!, control!.handshakeUs],
      ] as const) {
        expect(drawn.at(-1)! / max).toBeCloseTo(1, 5);
      }
      const [, ok] = await page.read<number[][]>(DRAWN('outcomes'));
      expect(ok!.reduce((sum, count) => sum + count)).toBe(traffic!.outcomes.ok);
      const text = await page.read<string>('document.querySelector("main").innerText');
      expect(text).toContain('63');
      expect(text).toMatch(/memory bytes\s+\d+/);
      expect(text).toMatch(/clock synchronised\s+unknown/);
      expect(text).toMatch(/ip_local_reserved_ports\s+none/);
      expect(text.indexOf('FAIL')).toBeLessThan(text.indexOf('Key figures'));
      expect(page.requested).toEqual([`file://${file}`]);
      // Something is on the canvas: not one colour alone.
      const colours = await page.read<number>(
        `(() => { const c = document.querySelector('canvas'); const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data; return new Set(new Uint32Array(d.buffer)).size })()`,
      );
      expect(colours).toBeGreaterThan(10);
    }));

  it('lays two runs over each other, what the change did first', () =>
    closing(async () => {
      const { page } = await open(BEFORE, AFTER);
      expect(await page.read('document.querySelector(".lead").textContent')).toMatch(/^Better: traffic/);
      const [, before, after] = await page.read<number[][]>(DRAWN('handshake'));
      expect(before!.reduce((sum, count) => sum + count)).toBe(3_000);
      expect(after!.reduce((sum, count) => sum + count)).toBe(3_000);
      expect(await page.read<number[][]>(DRAWN('stalled', 1)).then(([, y]) => Math.max(...y!))).toBe(0);
    }));

  it('is read by keyboard, and fits a phone', () =>
    closing(async () => {
      const { page } = await open(BEFORE);
      await page.read('document.querySelector("#arm-0-stalled .plot").focus()');
      await page.press('Home');
      for (let presses = 0; presses < 22; presses += 1) await page.press('ArrowRight');
      await page.read('new Promise(requestAnimationFrame)');
      expect(await page.read('document.querySelector("#arm-0-stalled .reading").textContent')).toContain(
        '22 s: stalled 7',
      );
      await page.setWidth(360);
      await page.read('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
      expect(await page.read<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
    }));

  it('has no label that lies on another, and shows where a table goes on, on a desk and on a phone', () =>
    closing(async () => {
      const marked = join(place.results, 'many-marks');
      cpSync(join(place.results, BEFORE), marked, { recursive: true });
      const info = JSON.parse(readFileSync(join(marked, 'run.json'), 'utf8')) as object;
      const synResentAtSec = [0.0001, 0.001, 0.1, 0.11, 0.12, 0.2, 0.3, 0.4, 0.5, 0.7, 1, 1.05];
      writeFileSync(join(marked, 'run.json'), JSON.stringify({ ...info, synResentAtSec }));
      const { page } = await open(marked);
      for (const width of [1_000, 360, 320]) {
        await page.setWidth(width);
        await page.read('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
        const { texts, lying } = await page.read<{ texts: number; lying: string[][] }>(OVERLAPS);
        expect({ width, lying }).toEqual({ width, lying: [] });
        expect(texts).toBeGreaterThan(60);
      }
      const [key] = await page.read<{ more: boolean; bar: number; shadows: number }[]>(
        `[...document.querySelectorAll('main > section > .scrolls')].map((table) => ({
          more: table.scrollWidth > table.clientWidth,
          bar: table.offsetHeight - table.clientHeight,
          shadows: getComputedStyle(table).backgroundImage.split('linear-gradient').length - 1,
        }))`,
      );
      expect(key).toEqual({ more: true, bar: 7, shadows: 4 });
      expect(await page.read('document.querySelector("header .tested").textContent')).toBe(
        'steady: proxy 10.77.0.2:3128 for http://10.77.0.2:41335/, traffic up to 100/s, control up to 2/s; 2026-11-21 05:20:56 UTC, for 41 s, from 10.77.0.1',
      );
    }));

  it('draws a stalled handshake so that a phone shows it in letters that can be read', () =>
    closing(async () => {
      makeWorld(join(place.results, AFTER), { count: 9 });
      const { page } = await open(AFTER);
      await page.setWidth(390);
      const [letterPx, pagePx] = await page.read<number[]>(
        `[document.querySelector('.ladder text').getBoundingClientRect().height, document.documentElement.scrollWidth]`,
      );
      expect(letterPx).toBeGreaterThan(10);
      expect(pagePx).toBe(390);
    }));

  it('shows a label that is HTML as text', () =>
    closing(async () => {
      const label = `</script><img src=x onerror="document.title='run'"><b>x</b>`;
      const marked = join(place.results, 'marked');
      cpSync(join(place.results, BEFORE), marked, { recursive: true });
      for (const name of ['run.json', 'summary.json']) {
        const path = join(marked, name);
        writeFileSync(
          path,
          readFileSync(path, 'utf8').replaceAll('"before: one SYN in 50 lost"', JSON.stringify(label)),
        );
      }
      const { page } = await open(marked);
      expect(await page.read('document.querySelector("h1").textContent')).toBe(`rushhour: ${label}`);
      expect(await page.read('document.querySelectorAll("img, b").length')).toBe(0);
    }));

  it('stays below 3 MB for an hour at 1,000 a second', () =>
    closing(async () => {
      const hour = join(place.results, 'hour');
      cpSync(join(place.results, BEFORE), hour, { recursive: true });
      rmSync(join(hour, 'summary.json'));
      stretchToAnHour(hour);
      const { page, file } = await open(hour);
      expect(statSync(file).size).toBeLessThan(3_000_000);
      const [at, stalled] = await page.read<number[][]>(DRAWN('stalled'));
      expect(at).toHaveLength(3_600);
      expect(Math.max(...stalled!)).toBe(97);
      const ms = await page.read<string>(
        'new Promise((done) => setTimeout(() => done(document.documentElement.dataset.drawnMs), 50))',
      );
      expect(Number(ms)).toBeGreaterThanOrEqual(0);
    }));
});

/** An hour of seconds like the one in the middle of the sample, ten times as many attempts, none of them alike. */
function stretchToAnHour(dir: string): void {
  const lines = readFileSync(join(dir, 'frames.jsonl'), 'utf8').trim().split('\n');
  const middle = JSON.parse(lines[20]!);
  const frames = Array.from({ length: 3_600 }, (_, second) => {
    const traffic = structuredClone(middle.series.traffic);
    const frozen = second === 1_234 ? 97 : second % 9;
    Object.assign(traffic, { scheduled: 1_000, started: 1_000, established: 1_000 - frozen });
    Object.assign(traffic, { recovered: 0, frozen, unresolved: 0, stalledBySecond: { [second]: frozen } });
    traffic.outcomes = {
      ok: 990 - frozen - (second % 7),
      'handshake-timeout': frozen,
      'response-reset': second % 7,
      'response-timeout': 10,
    };
    return JSON.stringify({ ...middle, second, series: { ...middle.series, traffic } });
  });
  writeFileSync(join(dir, 'frames.jsonl'), `${frames.join('\n')}\n`);
  const log = readFileSync(join(dir, 'latency.hlog'), 'utf8').split('\n');
  const head = log.filter((line) => line.startsWith('#') || line.startsWith('"'));
  const second = log.filter((line) => /^Tag=[^,]+,20\.000,/.test(line));
  const seconds = Array.from({ length: 3_600 }, (_, at) =>
    second.map((line) => line.replace(',20.000,', `,${at}.000,`)),
  );
  writeFileSync(join(dir, 'latency.hlog'), `${[...head, ...seconds.flat()].join('\n')}\n`);
}
