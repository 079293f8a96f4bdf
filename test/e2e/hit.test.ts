import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Nginx, startNginx } from '../peers/nginx.ts';
import { type Squid, startSquid } from '../peers/squid.ts';
import { SOCKET_ENGINES } from '../support/engines.ts';
import { suiteNeeding } from '../support/suite-needing.ts';
import { makeWorkplace, type Workplace } from './rushhour.ts';

suiteNeeding('hit against nginx', ['linux', 'nginx'], () => {
  let nginx: Nginx;
  let place: Workplace;
  beforeAll(async () => {
    nginx = await startNginx();
    place = makeWorkplace();
  });
  afterAll(async () => {
    await nginx.stop();
    await place.clean();
  });

  for (const engine of SOCKET_ENGINES) {
    it(`completes exactly as many requests as nginx counts (${engine})`, async () => {
      const before = (await nginx.requests()).length;
      const summary = await place.measure([
        'hit',
        `http://127.0.0.1:${nginx.port}/`,
        ...['-n', '1000', '-c', '100', '--engine', engine],
      ]);
      expect(summary.code).toBe(0);
      expect(summary.run.engine).toBe(engine);
      expect(summary.arms['hit']).toMatchObject({
        scheduled: 1000,
        started: 1000,
        unsent: 0,
        established: 1000,
        completed: 1000,
        outcomes: { ok: 1000 },
        synRetransmits: { 0: 1000 },
      });
      expect((await nginx.requests()).length - before).toBe(1000);
      // What the raw engine rehearsed beforehand is told, and in no figure.
      const info = JSON.parse(await readFile(join(place.results, summary.run.id, 'run.json'), 'utf8'));
      if (engine === 'raw') expect(info.rehearsed).toBeGreaterThan(0);
      else expect(info).not.toHaveProperty('rehearsed');
    });
  }

  it('gives every attempt over two workers a nonce of its own', async () => {
    const before = (await nginx.requests()).length;
    await place.measure([
      'hit',
      `http://127.0.0.1:${nginx.port}/?n={nonce}`,
      '-n',
      '1000',
      '-c',
      '10',
      '--workers',
      '2',
    ]);
    const paths = (await nginx.requests()).slice(before);
    expect(paths).toHaveLength(1000);
    expect(new Set(paths).size).toBe(1000);
  });

  it('says that a status was not expected', async () => {
    const summary = await place.measure([
      'hit',
      `http://127.0.0.1:${nginx.port}/missing`,
      '-n',
      '20',
      '-c',
      '2',
    ]);
    expect(summary.arms['hit']?.outcomes).toEqual({ 'unexpected-status': 20 });
    expect(summary.arms['hit']?.completed).toBe(0);
    expect(summary.code).toBe(3);
    expect(summary.verdict).toMatchObject({
      pass: false,
      reasons: ['arm hit completed 0 of 20 attempts, all unexpected-status'],
    });
  });

  it.each([
    ['http', 'requests'],
    ['tcp', 'handshakes'],
  ])('ends as ab does (%s://)', async (scheme, of) => {
    const { code, stdout } = await place.run([
      'hit',
      `${scheme}://127.0.0.1:${nginx.port}`,
      '-n',
      '40',
      '-c',
      '4',
    ]);
    expect(code).toBe(0);
    const [counts = '', figures = ''] = stdout.split('As ab counts');
    expect(counts).toMatch(/^Arm hit\n {2}attempts +40 scheduled/m);
    expect(/^ {2}answers +40 x 200$/m.test(counts)).toBe(scheme === 'http');
    expect(figures).toMatch(new RegExp(`${of} +40 completed, [\\d,.]+/s`));
    expect(
      [...figures.matchAll(/^ +(\d+) % +[\d.]+ (?:us|ms|s)\b/gm)].map(([, percent]) => Number(percent)),
    ).toEqual([50, 66, 75, 80, 90, 95, 98, 99, 100]);
    expect(figures.includes('transfer')).toBe(scheme === 'http');
  });

  it('keeps an open loop exact: started + unsent = scheduled = rate x time', async () => {
    const summary = await place.measure([
      'hit',
      `http://127.0.0.1:${nginx.port}/`,
      '--rate',
      '500/s',
      '-t',
      '4',
    ]);
    const arm = summary.arms['hit']!;
    expect(arm.scheduled).toBe(2000);
    expect(arm.started + arm.unsent).toBe(2000);
    expect(Object.values(arm.outcomes).reduce((sum, count) => sum + count, 0)).toBe(2000);
  });

  it('ends with exit code 5 and a remedy where nothing listens', async () => {
    const { code, stderr } = await place.run(['hit', 'http://127.0.0.1:1/', '-n', '10']);
    expect(code).toBe(5);
    expect(stderr).toContain('127.0.0.1:1 (refused 5 times)');
    expect(stderr).not.toContain('    at ');
  });
});

suiteNeeding('hit through Squid', ['linux', 'nginx', 'squid'], () => {
  let nginx: Nginx;
  let squid: Squid;
  let place: Workplace;
  beforeAll(async () => {
    nginx = await startNginx();
    squid = await startSquid();
    place = makeWorkplace();
  });
  afterAll(async () => {
    await squid.stop();
    await nginx.stop();
    await place.clean();
  });

  it('asks the proxy for the whole URL, and Squid agrees on the count', async () => {
    const summary = await place.measure([
      'hit',
      `http://127.0.0.1:${nginx.port}/page?n={nonce}`,
      ...['-n', '1000', '-c', '20', '-x', `127.0.0.1:${squid.port}`],
    ]);
    expect(summary.arms['hit']).toMatchObject({ completed: 1000, outcomes: { ok: 1000 } });
    const lines = await squid.requests();
    expect(
      lines.filter((line) => line.startsWith(`200 GET http://127.0.0.1:${nginx.port}/page`)),
    ).toHaveLength(1000);
  });
});
