import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { PageSchedule } from '../../../src/engine/browser/page-schedule.ts';
import { CHROMIUM } from '../../../src/engine/browser/profiles/chromium.ts';
import { createRandom } from '../../../src/random.ts';
import { type Behaviour, responseOf, startPeer } from '../../support/servers.ts';
import { describeWithEachSockets, populate } from './population.ts';

const NEVER_US = 3_600_000_000;

function schedule(objects: number, layoutAfterUs: number, isDelayed?: (index: number) => boolean) {
  const asked: number[] = [];
  const one = new PageSchedule(objects, { ...CHROMIUM, layoutAfterUs }, createRandom(1), {
    delaysAll: isDelayed === undefined,
    isDelayed: isDelayed ?? (() => true),
    ask: (index) => asked.push(index),
    after(us, run) {
      const timer = setTimeout(run, us / 1_000);
      return () => clearTimeout(timer);
    },
  });
  onTestFinished(() => one.stop());
  return { one, asked };
}

const upTo = (last: number): number[] => Array.from({ length: last }, (_, place) => place + 1);

it('asks for ten objects of a page, and for another when one of them has ended', () => {
  const { one, asked } = schedule(40, NEVER_US);
  expect(asked).toEqual(upTo(10));
  one.finished(3);
  expect(asked).toEqual(upTo(11));
  one.finished(3);
  expect(asked).toEqual(upTo(11));
});

it('asks for all others once the page is laid out, each once and in no order of theirs', async () => {
  const { asked } = schedule(40, 1_000);
  await expect.poll(() => asked.length).toBe(39);
  expect(asked.slice(0, 10)).toEqual(upTo(10));
  expect(asked.toSorted((a, b) => a - b)).toEqual(upTo(39));
  // Of twenty hosts in turn, the first ten have been asked: in their order, the next ten would be the others.
  const hosts = new Set(asked.slice(10, 20).map((index) => index % 20));
  expect(hosts.size).toBeLessThan(10);
});

it('does not delay what goes to a host that takes many at once', () => {
  const { one, asked } = schedule(25, NEVER_US, (index) => index % 2 === 0);
  expect(asked).toEqual([...upTo(20), 21, 23]);
  one.finished(2);
  expect(asked.at(-1)).toBe(22);
});

it('asks for nothing after it was stopped', async () => {
  const { one, asked } = schedule(40, 1_000);
  one.stop();
  one.finished(1);
  await sleep(20);
  expect(asked).toEqual(upTo(10));
});

/** Answers the document, and leaves everything else unanswered. */
const documentOnly: Behaviour = {
  request: (socket, message) => {
    if (message.startsWith('GET /0/')) socket.write(responseOf('hello'));
  },
};

describeWithEachSockets('a page on many hosts', () => {
  it('opens ten connections for a page on many hosts, and the others once it is laid out', async () => {
    const browsers = (layoutAfterUs: number) => ({
      ...{ objects: 31, hosts: 31, profile: { ...CHROMIUM, opensAheadUs: 0, forDocument: 1, layoutAfterUs } },
    });
    const early = await startPeer(documentOnly);
    populate(early, browsers(NEVER_US)).add().open(0);
    await expect.poll(() => early.seen.length).toBe(11);
    await sleep(50);
    expect(early.seen).toHaveLength(11);
    const late = await startPeer(documentOnly);
    populate(late, browsers(1_000)).add().open(0);
    await expect.poll(() => late.seen.length).toBe(31);
  });
});
