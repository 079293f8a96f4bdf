import { afterAll, beforeAll, expect, it } from 'vitest';
import { stalledOf } from '../../src/metrics/counts.ts';
import { startVictoriaMetrics, type VictoriaMetrics } from '../peers/victoria-metrics.ts';
import { suiteNeeding } from '../support/suite-needing.ts';
import { openSink, RUN, recordSeconds, sum } from './seconds.ts';

suiteNeeding('VictoriaMetrics', ['victoria-metrics'], () => {
  let victoria: VictoriaMetrics;
  beforeAll(async () => {
    victoria = await startVictoriaMetrics();
  });
  afterAll(() => victoria.stop());

  it.each([
    ['v1', (port: number) => `influxdb://127.0.0.1:${port}/rushhour`],
    ['v2', (port: number) => `influxdb2://127.0.0.1:${port}/school/rushhour`],
  ])('has every second once by InfluxDB’s %s API, and its sums are those of the run', async (version, url) => {
    const { sink, told } = await openSink(url(victoria.port), { secrets: { token: 't0ken' } });
    const seconds = recordSeconds(120);
    sink.begin({ ...RUN, runId: version });
    for (const second of seconds) sink.second(second);
    expect(await sink.finish(20_000)).toMatchObject({ delivered: 120, spooled: 0, dropped: 0, refused: 0 });
    expect(told.lines).toEqual([]);
    const total = async (field: string, where: string): Promise<number | undefined> => {
      const query = `sum(sum_over_time(rushhour_${field}{run="${version}",${where}}[10m]))`;
      return (await victoria.query(query))[0]?.value;
    };
    const stress = 'arm="stress",phase="measured",scenario="steady",host="probe"';
    expect(await total('started', stress)).toBe(sum(seconds, 'stress', (counts) => counts.started));
    expect(await total('unsent', stress)).toBe(sum(seconds, 'stress', (counts) => counts.unsent));
    expect(await total('stalled', stress)).toBe(sum(seconds, 'stress', stalledOf));
    expect(await total('outcome_handshake_timeout', stress)).toBe(24);
    expect(await total('started', 'arm="stress",phase="ramp"')).toBe(45);
    const count = `count_over_time(rushhour_run_open{run="${version}"}[10m])`;
    expect(await victoria.query(count)).toMatchObject([{ value: 120, labels: { label: RUN.label } }]);
  });
});
