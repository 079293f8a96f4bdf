import { describe, expect, it } from 'vitest';
import { readRetryAfter } from '../../src/sinks/request.ts';
import { retryAfterMs } from '../../src/sinks/retry.ts';
import { secondsOf, startLineServer } from './line-server.ts';
import { happened, openSink, QUICK, RUN, recordSeconds } from './seconds.ts';

const FROM_MS = 1_738_303_200_000;

describe('delivery', () => {
  it('sends batches of five seconds, compressed, with the secret of the v1 API', async () => {
    const server = await startLineServer();
    const url = `influxdb://127.0.0.1:${server.port}/rush%20hour?rp=short`;
    const { sink } = await openSink(url, { secrets: { user: 'bob:hunter2', token: 'other' } });
    sink.begin(RUN);
    for (const second of recordSeconds(12, FROM_MS)) sink.second(second);
    expect(await sink.finish(5_000)).toMatchObject({ delivered: 12 });
    expect(server.taken.map(({ text }) => secondsOf(text.split('\n')).length)).toEqual([5, 5, 2]);
    expect(server.taken[0]).toMatchObject({
      method: 'POST',
      url: '/write?db=rush+hour&precision=ms&rp=short',
      headers: { 'content-encoding': 'gzip', authorization: `Basic ${btoa('bob:hunter2')}` },
    });
    expect(secondsOf(server.lines)).toEqual(
      Array.from({ length: 12 }, (_, second) => FROM_MS / 1_000 + second),
    );
    expect(server.lines[0]).toBe(
      'rushhour_run,host=probe,label=timer\\ 1\\ s\\,\\ "new",run=20250131-060000-steady,scenario=steady open=3i,lateness_p50_us=40i,lateness_p90_us=1700i,lateness_p99_us=1700i,lateness_max_us=1700i 1738303200000',
    );
    expect(server.lines[1]).toMatch(
      /^rushhour,arm=stress,host=probe,label=timer.*,phase=measured,run=20250131-060000-steady,scenario=steady scheduled=100i,started=100i,unsent=0i,/,
    );
  });

  it('shows the v2 API its token, and no other secret', async () => {
    const server = await startLineServer();
    const url = `influxdb2://127.0.0.1:${server.port}/our%20school/runs`;
    const { sink } = await openSink(url, { secrets: { token: 't0ken', user: 'bob:hunter2' } });
    sink.begin(RUN);
    for (const second of recordSeconds(2, FROM_MS)) sink.second(second);
    expect(await sink.finish(5_000)).toMatchObject({ delivered: 2 });
    expect(server.taken).toMatchObject([
      {
        url: '/api/v2/write?org=our+school&bucket=runs&precision=ms',
        headers: { authorization: 'Token t0ken' },
      },
    ]);
  });

  it('closes a batch early where it has many lines, and later where seconds cease to come', async () => {
    const server = await startLineServer();
    const url = `influxdb://127.0.0.1:${server.port}/x`;
    const lines = await openSink(url, { pace: { ...QUICK, batchLines: 6 } });
    lines.sink.begin(RUN);
    for (const second of recordSeconds(4, FROM_MS)) lines.sink.second(second);
    await happened(() => server.taken.length === 2);
    await lines.sink.finish(1_000);

    const lone = await openSink(url, { pace: { ...QUICK, batchSeconds: 0.02 } });
    lone.sink.begin(RUN);
    const [second] = recordSeconds(1, FROM_MS + 60_000);
    lone.sink.second(second!);
    await happened(() => server.taken.length === 3);
    expect(await lone.sink.finish(1_000)).toMatchObject({ delivered: 1 });
  });

  it('sends again, in order, what was answered with a fault of the server, after the pause that it asks for', async () => {
    const answers = [
      { status: 503, headers: { 'retry-after': '0' } },
      { status: 429, headers: { 'retry-after': '1' } },
      { status: 500, body: '{"error":"timeout"}' },
    ];
    const times: number[] = [];
    const server = await startLineServer((index) => {
      times.push(performance.now());
      return answers[index] ?? { status: 204 };
    });
    const { sink, told } = await openSink(`influxdb://127.0.0.1:${server.port}/x`);
    sink.begin(RUN);
    for (const second of recordSeconds(15, FROM_MS)) sink.second(second);
    await happened(() => server.lines.length > 0);
    expect(await sink.finish(5_000)).toMatchObject({
      delivered: 15,
      spooled: 0,
      fault: 'answered 500: timeout',
    });
    expect(times[2]! - times[1]!).toBeGreaterThanOrEqual(999);
    expect(new Set(secondsOf(server.lines)).size).toBe(15);
    expect(secondsOf(server.lines)).toEqual([...secondsOf(server.lines)].sort());
    expect(told.turns).toEqual(['-', '+']);
  });

  it('says nothing that a server repeats of its secret, nor what would move a terminal', async () => {
    const body = JSON.stringify({ error: `bad token "t0ken"\u001b[2J, ${btoa('bob:hunter2')}` });
    const server = await startLineServer(() => ({ status: 401, body }));
    const { sink, told } = await openSink(`influxdb2://127.0.0.1:${server.port}/o/b`, {
      secrets: { token: 't0ken' },
    });
    sink.begin(RUN);
    for (const second of recordSeconds(5, FROM_MS)) sink.second(second);
    await happened(() => told.lines.length === 1);
    const report = await sink.finish(1_000);
    expect(told.lines[0]).toContain('answered 401: bad token "[redacted]" [2J, ');
    expect(told.lines[0]).toContain('--sink-token');
    expect(JSON.stringify([told, report])).not.toContain('t0ken');
  });

  it('doubles its pauses up to the longest, each in the upper half of its range', () => {
    const pace = { firstRetryMs: 1_000, longestRetryMs: 30_000 };
    const most = [1, 2, 3, 4, 5, 6, 7, 1_000].map((failures) => retryAfterMs(failures, pace, () => 1));
    expect(most).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
    expect(retryAfterMs(3, pace, () => 0)).toBe(2_000);
  });

  it('reads Retry-After as seconds or as a date', () => {
    expect(readRetryAfter('120')).toBe(120_000);
    expect(readRetryAfter('Fri, 31 Jan 2025 06:00:10 GMT', Date.UTC(2025, 0, 31, 6))).toBe(10_000);
    expect(readRetryAfter('Fri, 31 Jan 2025 05:00:00 GMT', Date.UTC(2025, 0, 31, 6))).toBe(0);
    expect([readRetryAfter('soon'), readRetryAfter(undefined), readRetryAfter('')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});
