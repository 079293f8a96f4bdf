import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { teeSinks } from '../../src/sinks/tee.ts';
import type { Sink } from '../../src/sinks/types.ts';
import { freePort } from '../peers/peer.ts';
import { startLineServer } from './line-server.ts';
import { happened, openSink, QUICK, RUN, recordSeconds } from './seconds.ts';

const SECRETS = { token: 't0ken-hunter2', user: 'bob:pass-hunter2' };

/** Far beyond what a sink is given to finish, and half of what it gives a request where that matters. */
const LONG_MS = 25_000;

/** What every sink keeps to, whatever is at the other end. */
const KINDS = [
  ['influxdb', (port: number) => `influxdb://127.0.0.1:${port}/rushhour`],
  ['influxdb2', (port: number) => `influxdb2://127.0.0.1:${port}/school/rushhour`],
  ['pushgateway', (port: number) => `pushgateway://127.0.0.1:${port}`],
  ['prometheus', (port: number) => `prometheus://127.0.0.1:${port}`],
] as const;

function feed(sink: Sink, count: number): void {
  sink.begin(RUN);
  for (const second of recordSeconds(count)) sink.second(second);
}

describe.each(KINDS)('the sink %s', (kind, url) => {
  const isPassive = kind === 'prometheus';

  it('takes seconds and ends in time where nobody is at the other end', async () => {
    const { sink, told } = await openSink(url(await freePort()), { secrets: SECRETS });
    feed(sink, 12);
    if (!isPassive) await happened(() => told.turns.length > 0);
    const began = performance.now();
    const report = await sink.finish(1_000);
    expect(performance.now() - began).toBeLessThan(LONG_MS);
    expect(report.delivered).toBe(0);
    expect(report.spooled + report.dropped).toBe(12);
    if (!isPassive) expect(report.fault).toContain('ECONNREFUSED');
    expect(told.turns).toEqual(isPassive ? [] : ['-']);
    expect(told.lines).toHaveLength(isPassive ? 0 : 1);
    expect(JSON.stringify([told, report])).not.toContain('hunter2');
  });

  it('outlives a listener that throws', async () => {
    const { sink } = await openSink(url(await freePort()), {
      say() {
        throw new Error('a listener’s own');
      },
      onAway() {
        throw new Error('a listener’s own');
      },
    });
    feed(sink, 6);
    const report = await sink.finish(200);
    expect(report.spooled + report.dropped).toBe(6);
  });

  it('ends well that was given nothing', async () => {
    const { sink } = await openSink(url(await freePort()));
    expect(await sink.finish(500)).toEqual({
      name: sink.name,
      ...{ delivered: 0, caughtUp: 0, spooled: 0, dropped: 0, refused: 0 },
    });
  });
});

describe.each(KINDS.filter(([kind]) => kind !== 'prometheus'))('the sink %s, which sends,', (kind, url) => {
  it('ends in time where somebody takes all and answers nothing', async () => {
    const server = createServer((socket) => socket.on('error', () => undefined).resume()).listen(
      0,
      '127.0.0.1',
    );
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const { sink } = await openSink(url((server.address() as { port: number }).port), {
      secrets: SECRETS,
      pace: { ...QUICK, requestTimeoutMs: 2 * LONG_MS },
    });
    feed(sink, 12);
    const began = performance.now();
    const report = await sink.finish(300);
    expect(performance.now() - began).toBeGreaterThan(290);
    expect(performance.now() - began).toBeLessThan(LONG_MS);
    expect(report.spooled + report.dropped).toBe(12);
  });

  it('tells a fault and its end once each, whatever the other end answers', async () => {
    const said = [500, 502, 301, 418, 401, 403, 404].map((status) => ({
      status,
      body: '<html>\r\n\u0007no',
    }));
    const server = await startLineServer((index) => said[index] ?? { status: 204 });
    const { sink, told } = await openSink(url(server.port), { secrets: SECRETS });
    feed(sink, 6);
    await happened(() => told.turns.includes('+'));
    expect(await sink.finish(5_000)).toMatchObject({ delivered: 6, spooled: 0, dropped: 0, refused: 0 });
    expect(told.turns).toEqual(['-', '+']);
    expect(told.lines[0]).toBe(
      `${sink.name}: answered 500: <html> no; ${kind === 'pushgateway' ? 'figures are pushed again later' : 'seconds wait in the spool'}`,
    );
    expect(told.lines.at(-1)).toBe(`${sink.name}: accepts data again`);
    expect(new Set(told.lines).size).toBe(told.lines.length);
    expect(JSON.stringify(told)).not.toContain('hunter2');
  });
});

describe('several sinks at once', () => {
  it('are each given all, and a fault of one is said and kept from the others', async () => {
    const server = await startLineServer();
    const { sink } = await openSink(`influxdb://127.0.0.1:${server.port}/x`);
    const broken: Sink = {
      name: 'broken',
      begin() {},
      second() {
        throw new Error('out of order');
      },
      finish: () =>
        Promise.resolve({ name: 'broken', delivered: 0, caughtUp: 0, spooled: 0, dropped: 0, refused: 0 }),
    };
    const said: string[] = [];
    const sinks = teeSinks([broken, sink], (line) => said.push(line));
    sinks.begin(RUN);
    for (const second of recordSeconds(3)) sinks.second(second);
    expect(await sinks.finish(5_000)).toMatchObject([{ name: 'broken' }, { delivered: 3 }]);
    expect(said).toEqual(['broken: out of order']);
  });
});
