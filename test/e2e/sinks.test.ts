import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import type { ArmSummary, Summary } from '../../src/analysis/types.ts';
import { type Influxdb, startInfluxdb } from '../peers/influxdb.ts';
import { freePort } from '../peers/peer.ts';
import { startPrometheus, startPushgateway } from '../peers/prometheus.ts';
import { startVictoriaMetrics, type VictoriaMetrics } from '../peers/victoria-metrics.ts';
import { happened } from '../sinks/seconds.ts';
import { suiteNeeding } from '../support/suite-needing.ts';
import { makeWorkplace } from './rushhour.ts';

const PEERS = ['influxd', 'victoria-metrics', 'prometheus', 'prometheus-pushgateway'] as const;

suiteNeeding('a run that is written to databases as well', PEERS, () => {
  let influx: Influxdb;
  let victoria: VictoriaMetrics;
  beforeAll(async () => {
    influx = await startInfluxdb();
    victoria = await startVictoriaMetrics();
    await influx.query('CREATE DATABASE rushhour');
  });
  afterAll(async () => {
    await influx.stop();
    await victoria.stop();
  });

  it('has the totals of its summary in each of them', async () => {
    const gateway = await startPushgateway();
    onTestFinished(() => gateway.stop());
    const endpoint = await freePort();
    const prometheus = await startPrometheus([endpoint, gateway.port]);
    onTestFinished(() => prometheus.stop());
    const work = makeWorkplace();
    onTestFinished(() => work.clean());

    const { code, stdout, stderr } = await work.run([
      ...['soak', 'quickstart', '--rate', '60/s', '--for', '12s', '--window', '5s', '--json', '--quiet'],
      ...['--sink', `influxdb://127.0.0.1:${influx.port}/rushhour`],
      ...['--sink', `influxdb://127.0.0.1:${victoria.port}/rushhour`],
      ...['--sink', `pushgateway://127.0.0.1:${gateway.port}/probes`],
      ...['--sink', `prometheus://127.0.0.1:${endpoint}`],
    ]);
    expect([code, stderr]).toEqual([0, expect.not.stringContaining('warning')]);
    const summary = JSON.parse(stdout) as Summary;

    for (const arm of ['stress', 'connect']) {
      const expected = figuresOf(summary.arms[arm]!);
      const where = `run='${summary.run.id}' AND arm='${arm}' AND phase='measured'`;
      const fields = Object.keys(expected).map((field) => `sum("${field}") AS "${field}"`);
      const [row] = await influx.query(`SELECT ${fields.join(', ')} FROM rushhour WHERE ${where}`);
      expect(row).toMatchObject(expected);

      const ask = async (base: { query: VictoriaMetrics['query'] }, query: string) =>
        (await base.query(`sum(${query})`))[0]?.value;
      const labels = `run="${summary.run.id}",arm="${arm}",phase="measured"`;
      expect(await ask(victoria, `sum_over_time(rushhour_started{${labels}}[5m])`)).toBe(expected.started);
      expect(await ask(victoria, `sum_over_time(rushhour_completed{${labels}}[5m])`)).toBe(
        expected.completed,
      );

      const measured = `scenario="quickstart",arm="${arm}",phase="measured"`;
      // The endpoint went with the run: what was scraped of it last is asked for.
      for (const job of ['rushhour', 'probes']) {
        const total = (metric: string) =>
          ask(prometheus, `last_over_time(${metric}{job="${job}",${measured}}[5m])`);
        // Prometheus looks at the Pushgateway when it is its turn.
        await happened(async () => (await total('rushhour_completed_total')) === expected.completed);
        expect([job, await total('rushhour_started_total')]).toEqual([job, expected.started]);
      }
    }
  });
});

function figuresOf(
  arm: ArmSummary,
): Record<'started' | 'completed' | 'established' | 'stalled' | 'bytes', number> {
  const { started, completed, established, bytes, stalled } = arm;
  return { started, completed, established, bytes, stalled: stalled.count };
}
