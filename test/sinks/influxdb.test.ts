import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, expect, it, onTestFinished } from 'vitest';
import { stalledOf } from '../../src/metrics/counts.ts';
import { type Influxdb, startInfluxdb } from '../peers/influxdb.ts';
import { suiteNeeding } from '../support/suite-needing.ts';
import { happened, makeSpool, openSink, QUICK, RUN, recordSeconds, startMs, sum } from './seconds.ts';

suiteNeeding('InfluxDB', ['influxd'], () => {
  let influx: Influxdb;
  beforeAll(async () => {
    influx = await startInfluxdb();
  });
  afterAll(() => influx.stop());
  beforeEach(async () => {
    await influx.query('DROP DATABASE rushhour');
    await influx.query('CREATE DATABASE rushhour');
  });
  const url = (): string => `influxdb://127.0.0.1:${influx.port}/rushhour`;
  const total = async (field: string, where: string): Promise<unknown> => {
    const [row] = await influx.query(`SELECT sum("${field}") AS total FROM rushhour WHERE ${where}`);
    return row?.['total'];
  };

  it('has every second once, and its sums are those of the run', async () => {
    const spoolRoot = makeSpool();
    const { sink, told } = await openSink(url(), { spoolRoot });
    const seconds = recordSeconds(120);
    sink.begin(RUN);
    for (const second of seconds) sink.second(second);
    expect(await sink.finish(20_000)).toEqual({
      name: `InfluxDB at http://127.0.0.1:${influx.port} (database rushhour)`,
      ...{ delivered: 120, caughtUp: 0, spooled: 0, dropped: 0, refused: 0 },
    });
    expect(told).toEqual({ lines: [], turns: [] });

    const measured = `arm='stress' AND phase='measured' AND run='${RUN.runId}' AND scenario='steady' AND host='probe'`;
    const figures = {
      scheduled: sum(seconds, 'stress', (counts) => counts.scheduled),
      started: sum(seconds, 'stress', (counts) => counts.started),
      unsent: sum(seconds, 'stress', (counts) => counts.unsent),
      completed: sum(seconds, 'stress', (counts) => counts.completed),
      bytes: sum(seconds, 'stress', (counts) => counts.bytes),
      stalled: sum(seconds, 'stress', stalledOf),
      outcome_handshake_timeout: sum(
        seconds,
        'stress',
        (counts) => counts.outcomes['handshake-timeout'] ?? 0,
      ),
    };
    for (const [field, expected] of Object.entries(figures))
      expect(await total(field, measured)).toBe(expected);
    expect(await total('started', `arm='stress' AND phase='ramp'`)).toBe(45);
    expect(await total('started', `arm='connect'`)).toBe(2_400);
    expect(await influx.query(`SHOW TAG VALUES FROM rushhour WITH KEY = label`)).toEqual([
      { key: 'label', value: RUN.label },
    ]);
    // The last second's: 199, 319 and 1,119,000 us, to the three digits that histograms keep.
    const [last] = await influx.query(
      `SELECT handshake_p50_us, handshake_max_us FROM rushhour WHERE arm='stress' ORDER BY time DESC LIMIT 1`,
    );
    const quantiles = seconds.at(-1)?.quantiles.get('stress.handshake');
    expect(last).toMatchObject({ handshake_p50_us: quantiles?.p50, handshake_max_us: quantiles?.max });
    expect(
      await influx.query(
        `SELECT count(open) AS seconds, max(open) AS open, max(lateness_max_us) AS late FROM rushhour_run`,
      ),
    ).toMatchObject([{ seconds: 120, open: 6, late: 1_700 }]);
    expect(
      readdirSync(spoolRoot, { recursive: true }).filter((name) => String(name).endsWith('.gz')),
    ).toEqual([]);
  });

  it('has all seconds, once, although it was down for a while', async () => {
    const { sink, told } = await openSink(url());
    const seconds = recordSeconds(90);
    sink.begin(RUN);
    for (const second of seconds.slice(0, 30)) sink.second(second);
    await happened(async () => (await total('started', `arm='connect'`)) === 600);
    await influx.pause();
    for (const second of seconds.slice(30, 60)) sink.second(second);
    await happened(() => told.turns.length === 1);
    await influx.resume();
    await happened(() => told.turns.length === 2);
    for (const second of seconds.slice(60)) sink.second(second);
    const report = await sink.finish(20_000);
    expect(report).toMatchObject({ delivered: 90, spooled: 0, dropped: 0, refused: 0 });
    expect(report.fault).toContain('ECONNREFUSED');
    expect(told.turns).toEqual(['-', '+']);
    // A write that it had begun when it was told to go is answered 500, and told again: the same points.
    expect(told.lines.filter((line) => /answered 500|ECONNREFUSED/.test(line))).toHaveLength(1);
    expect(told.lines.at(-1)).toBe(`${sink.name}: accepts data again`);
    expect(told.lines).toHaveLength(2);
    expect(await total('started', `arm='stress' AND phase='measured'`)).toBe(
      sum(seconds, 'stress', (counts) => counts.started),
    );
    expect(await influx.query('SELECT count(open) AS seconds FROM rushhour_run')).toMatchObject([
      { seconds: 90 },
    ]);
  });

  it('is given by the next run what the last could not deliver, each point once', async () => {
    const spoolRoot = makeSpool();
    await influx.pause();
    const first = await openSink(url(), { spoolRoot });
    first.sink.begin(RUN);
    const fromMs = startMs();
    for (const second of recordSeconds(33, fromMs)) first.sink.second(second);
    expect(await first.sink.finish(2_000)).toMatchObject({ delivered: 0, spooled: 33, dropped: 0 });
    await influx.resume();

    const next = await openSink(url(), { spoolRoot });
    next.sink.begin({ ...RUN, runId: 'next' });
    for (const second of recordSeconds(7, fromMs + 60_000)) next.sink.second(second);
    const report = await next.sink.finish(20_000);
    expect(report).toMatchObject({ delivered: 7, caughtUp: 33, spooled: 0, dropped: 0, refused: 0 });
    expect(report).not.toHaveProperty('fault');
    expect(await total('started', `arm='connect' AND run='${RUN.runId}'`)).toBe(660);
    expect(await total('started', `arm='connect' AND run='next'`)).toBe(140);
  });

  it('has each name as it was said, whatever characters are in it', async () => {
    const [said, ...others] = recordSeconds(2);
    const { stress } = said!.frame.series;
    const refusals = { 'cannot tell': 51, 'RST, after 2 hops': 2 };
    const series = { 'stress~aside': { ...stress!, refusals, errorNames: { 'proxy=a, "b" \\': 1 } } };
    const { sink } = await openSink(url());
    sink.begin(RUN);
    sink.second({ ...said!, frame: { ...said!.frame, series } });
    for (const second of others) sink.second(second);
    expect(await sink.finish(20_000)).toMatchObject({ delivered: 2, refused: 0 });
    const names = await influx.query(`SELECT count, kind, "name" FROM rushhour_names WHERE phase='aside'`);
    expect(names.map(({ kind, name, count }) => [kind, name, count]).sort()).toEqual([
      ['proxy_error', 'proxy=a, "b" /', 1],
      ['refused_by', 'RST, after 2 hops', 2],
      ['refused_by', 'cannot tell', 51],
    ]);
  });

  it('keeps the same points where it is told them twice', async () => {
    const seconds = recordSeconds(10);
    for (let times = 0; times < 2; times += 1) {
      const { sink } = await openSink(url());
      sink.begin(RUN);
      for (const second of seconds) sink.second(second);
      expect(await sink.finish(20_000)).toMatchObject({ delivered: 10 });
    }
    expect(await total('started', `arm='connect'`)).toBe(200);
  });

  it('is told apart by the database that is missing, and takes all once somebody has made it', async () => {
    await influx.query('DROP DATABASE rushhour');
    const { sink, told } = await openSink(url());
    sink.begin(RUN);
    for (const second of recordSeconds(10)) sink.second(second);
    await happened(() => told.turns.length === 1);
    await influx.query('CREATE DATABASE rushhour');
    await happened(() => told.turns.length === 2);
    expect(await sink.finish(20_000)).toMatchObject({ delivered: 10, spooled: 0 });
    expect(told.lines).toEqual([
      `${sink.name}: answered 404: database not found: "rushhour"; seconds wait in the spool; create what is missing: influx -execute 'CREATE DATABASE "rushhour"'`,
      `${sink.name}: accepts data again`,
    ]);
    expect(await total('started', `arm='connect'`)).toBe(200);
  });

  it('drops what it finds fault with, counts it, and goes on with the next', async () => {
    // A field that is text already will not take numbers: the batch of each second says so.
    const fromMs = startMs();
    await fetch(`http://127.0.0.1:${influx.port}/write?db=rushhour&precision=ms`, {
      method: 'POST',
      body: `rushhour_run,run=${RUN.runId} open="text" ${fromMs}`,
    });
    const { sink, told } = await openSink(url(), { pace: { ...QUICK, batchSeconds: 1 } });
    sink.begin(RUN);
    for (const second of recordSeconds(3, fromMs)) sink.second(second);
    const report = await sink.finish(20_000);
    expect(report).toMatchObject({ delivered: 0, refused: 3, spooled: 0, dropped: 0 });
    expect(report.fault).toMatch(/^answered 400: .*field type conflict/);
    expect(told.lines).toHaveLength(1);
    expect(told.turns).toEqual([]);
  });
});

suiteNeeding('InfluxDB that wants a password', ['influxd'], () => {
  it('takes points of whoever knows it, and says who lacks it', async () => {
    const admin = { user: 'probe', password: 'hunter2' };
    const influx = await startInfluxdb({ admin });
    onTestFinished(() => influx.stop());
    await influx.query('CREATE DATABASE rushhour');
    const url = `influxdb://127.0.0.1:${influx.port}/rushhour`;
    const spoolRoot = makeSpool();
    const write = async (user?: string) => {
      const { sink, told } = await openSink(url, { spoolRoot, secrets: user === undefined ? {} : { user } });
      sink.begin(RUN);
      for (const second of recordSeconds(5, 1_738_303_200_000)) sink.second(second);
      return { report: await sink.finish(5_000), told };
    };
    const without = await write();
    expect(without.report).toMatchObject({ delivered: 0, spooled: 5 });
    expect(without.told.lines).toEqual([
      expect.stringMatching(/answered 401: unable to parse authentication credentials; .*--sink-user/),
    ]);
    const wrong = await write('probe:hunter3');
    expect(wrong.report).toMatchObject({ delivered: 0, spooled: 10 });
    expect(wrong.told.lines).toEqual([
      expect.stringMatching(/answered 401: authorization failed; .*--sink-user/),
    ]);
    const right = await write('probe:hunter2');
    expect(right.report).toMatchObject({ delivered: 5, caughtUp: 10, spooled: 0 });
    expect(JSON.stringify([without, wrong, right])).not.toMatch(/hunter/);
    const [row] = await influx.query(`SELECT sum(started) AS total FROM rushhour WHERE arm='connect'`);
    expect(row?.['total']).toBe(100);
  });
});
