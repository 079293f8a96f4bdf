import { request } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { stalledOf } from '../../src/metrics/counts.ts';
import { mergeFrames } from '../../src/metrics/merge.ts';
import type { SeriesCounts } from '../../src/metrics/types.ts';
import { FATES, METRIC_NAMES, PLAIN_COUNTERS } from '../../src/render/metric-names.ts';
import { RunRegistry } from '../../src/sinks/run-registry.ts';
import { frameOf } from '../analysis/parts.ts';
import { freePort } from '../peers/peer.ts';
import { startPrometheus, startPushgateway } from '../peers/prometheus.ts';
import { suiteNeeding } from '../support/suite-needing.ts';
import { happened, openSink, RUN, recordSeconds, sum } from './seconds.ts';

suiteNeeding('Prometheus', ['prometheus', 'prometheus-pushgateway'], () => {
  it('reads the totals of a run from its endpoint, and from a Pushgateway', async () => {
    const port = await freePort();
    const gateway = await startPushgateway();
    onTestFinished(() => gateway.stop());
    const scraped = await openSink(`prometheus://127.0.0.1:${port}`);
    const pushed = await openSink(`pushgateway://127.0.0.1:${gateway.port}/probes`);
    const sinks = [scraped.sink, pushed.sink];
    const seconds = recordSeconds(120);
    for (const sink of sinks) sink.begin(RUN);
    for (const second of seconds.slice(0, 60)) for (const sink of sinks) sink.second(second);
    const prometheus = await startPrometheus([port, gateway.port]);
    onTestFinished(() => prometheus.stop());
    const seen = async (job: string, count: number): Promise<boolean> =>
      (await prometheus.query(`last_over_time(rushhour_recorded_seconds_total{job="${job}"}[1m])`))[0]
        ?.value === count;
    await happened(() => seen('rushhour', 60));
    for (const second of seconds.slice(60)) for (const sink of sinks) sink.second(second);

    const reports = await Promise.all(sinks.map((sink) => sink.finish(10_000)));
    expect(reports).toMatchObject([
      { name: `Prometheus endpoint http://127.0.0.1:${port}/metrics`, delivered: 120, dropped: 0 },
      { name: `Pushgateway at http://127.0.0.1:${gateway.port} (job probes)`, delivered: 120, dropped: 0 },
    ]);
    expect([...scraped.told.lines, ...pushed.told.lines]).toEqual([]);
    await happened(async () => (await seen('rushhour', 120)) && (await seen('probes', 120)));

    // The endpoint is gone by now: what it said last is asked for as of a moment ago.
    for (const [job, range] of [
      ['rushhour', 'last_over_time(METRIC[1m])'],
      ['probes', 'METRIC'],
    ] as const) {
      const read = async (metric: string, labels: string): Promise<number | undefined> => {
        const selector = `${metric}{job="${job}",scenario="steady",host="probe",${labels}}`;
        return (await prometheus.query(`sum(${range.replace('METRIC', selector)})`))[0]?.value;
      };
      const stress = 'arm="stress",phase="measured"';
      for (const [name, { name: metric }] of Object.entries(PLAIN_COUNTERS)) {
        const counted = sum(seconds, 'stress', (counts) => counts[name as keyof typeof PLAIN_COUNTERS]);
        expect([name, await read(metric, stress)]).toEqual([name, counted]);
      }
      expect(await read('rushhour_stalled_total', stress)).toBe(sum(seconds, 'stress', stalledOf));
      expect(await read('rushhour_stalled_total', `${stress},fate="frozen"`)).toBe(24);
      expect(await read('rushhour_outcomes_total', `${stress},outcome="local-port-exhausted"`)).toBe(13);
      expect(await read('rushhour_started_total', 'arm="stress",phase="ramp"')).toBe(45);
      expect(await read('rushhour_recorded_seconds_total', '')).toBe(120);
      expect(await read('rushhour_handshake_seconds', `${stress},quantile="1"`)).toBeCloseTo(1.119, 2);
      expect(await read('rushhour_run_info', `run="${RUN.runId}",engine="raw"`)).toBe(1);
    }
    const [info] = await prometheus.query('rushhour_run_info{job="probes"}');
    expect(info?.labels).toMatchObject({ instance: 'probe', run: RUN.runId, label: RUN.label });
    expect(await prometheus.query('rushhour_started_total{run!="",job="rushhour"}')).toEqual([]);
  });

  it('is pushed again what a gateway that was away has missed', async () => {
    const port = await freePort();
    const { sink, told } = await openSink(`pushgateway://127.0.0.1:${port}`);
    sink.begin(RUN);
    for (const second of recordSeconds(7)) sink.second(second);
    await happened(() => told.turns.length === 1);
    const gateway = await startPushgateway(port);
    onTestFinished(() => gateway.stop());
    expect(await sink.finish(10_000)).toMatchObject({ delivered: 7, dropped: 0 });
    expect(told.turns).toEqual(['-', '+']);
    const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    expect(text).toMatch(/^rushhour_recorded_seconds_total\{.*run="20250131-060000-steady".*\} 7$/m);
  });
});

describe('the figures that Prometheus reads', () => {
  const read = async (registry: RunRegistry, name: string): Promise<string[]> =>
    (await registry.read()).split('\n').filter((line) => line.startsWith(`${name}{`));

  it('go on from what an earlier process of the same run had recorded', async () => {
    const seconds = recordSeconds(20);
    const whole = new RunRegistry();
    whole.begin(RUN);
    for (const second of seconds) whole.add(second);
    const resumed = new RunRegistry();
    resumed.begin(RUN, mergeFrames(seconds.slice(0, 12).map(({ frame }) => frame)));
    for (const second of seconds.slice(12)) resumed.add(second);
    for (const name of ['rushhour_started_total', 'rushhour_stalled_total', 'rushhour_outcomes_total']) {
      expect((await read(resumed, name)).sort()).toEqual((await read(whole, name)).sort());
      expect(await read(whole, name)).not.toEqual([]);
    }
  });

  it('never fall, where an attempt turns out not to have been started', async () => {
    const registry = new RunRegistry();
    registry.begin(RUN);
    const [template] = recordSeconds(1);
    const values: number[] = [];
    for (const started of [10, -3, 1, 10]) {
      const stress = { ...template!.frame.series['stress']!, started };
      registry.add({ ...template!, frame: { ...template!.frame, series: { stress } } });
      const [line = ''] = await read(registry, 'rushhour_started_total');
      values.push(Number(line.split(' ').at(-1)));
    }
    expect(values).toEqual([10, 10, 10, 18]);
  });

  it('have what was said by name, and requests that were sent again where that was measured', async () => {
    const registry = new RunRegistry();
    registry.begin(RUN);
    const [template] = recordSeconds(1);
    const count = (counts: Partial<SeriesCounts>) =>
      registry.add({ ...template!, frame: frameOf(0, { stress: counts }) });
    count({ refusals: { RST: 2 }, unmetContent: { 'contains "a"': 1 } });
    expect(await read(registry, 'rushhour_requests_resent_total')).toEqual([]);
    count({ refusals: { RST: 3 }, requestRetransmits: { '0': 4, '1': 1 } });
    const names = await read(registry, 'rushhour_names_total');
    expect(names.map((line) => line.replace(/.*kind="(\w+)",name="(.*)"\} /, '$1 $2 ')).sort()).toEqual([
      'content_not_met contains \\"a\\" 1',
      'refused_by RST 5',
    ]);
    expect(await read(registry, 'rushhour_requests_resent_total')).toEqual([expect.stringMatching(/\} 1$/)]);
    expect(await read(registry, 'rushhour_requests_resent_measured_total')).toEqual([
      expect.stringMatching(/\} 5$/),
    ]);
  });

  it('have answers by status, with a label of their own for so many and no more', async () => {
    const registry = new RunRegistry();
    registry.begin(RUN);
    const [template] = recordSeconds(1);
    const count = (counts: Partial<SeriesCounts>) => {
      const stress = { ...template!.frame.series['stress']!, ...counts };
      registry.add({ ...template!, frame: { ...template!.frame, series: { stress } } });
    };
    count({ statuses: { '200': 5, '407': 2 }, tunnelStatuses: { '403': 1 } });
    count({ statuses: { '200': 5, other: 1 } });
    const lines = await read(registry, 'rushhour_responses_total');
    expect(lines.map((line) => line.replace(/.*to="(\w+)",status="(\w+)"\} /, '$1 $2 '))).toEqual([
      'request 200 10',
      'request 407 2',
      'connect 403 1',
      'request other 1',
    ]);
    const any = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [String(100 + index), 1]));
    count({ statuses: any, tunnelStatuses: any });
    const all = await read(registry, 'rushhour_responses_total');
    const labels = new Set(all.map((line) => /status="(\w+)"/.exec(line)![1]!));
    expect(labels.size).toBe(24 + 5);
    expect(all.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)).toBe(14 + 1_000);
  });

  it('show the worst second of the last fifteen, and nothing where there was none', async () => {
    const registry = new RunRegistry();
    registry.begin(RUN);
    const seconds = recordSeconds(20);
    const quiet = (second: (typeof seconds)[number]) => ({ ...second, quantiles: new Map() });
    registry.add(seconds[5]!);
    registry.add(seconds[0]!);
    const max = async (): Promise<string[]> =>
      (await read(registry, 'rushhour_handshake_seconds')).filter((line) => line.includes('quantile="1"'));
    const [line = ''] = await max();
    expect(line).toContain('arm="stress",phase="measured"');
    expect(Number(line.split(' ').at(-1))).toBeCloseTo(1.005, 2);
    for (let count = 0; count < 14; count += 1) registry.add(quiet(seconds[1]!));
    expect(Number((await max())[0]?.split(' ').at(-1))).toBeCloseTo(1, 2);
    registry.add(quiet(seconds[1]!));
    expect(await max()).toEqual([]);
    expect(await read(registry, 'rushhour_lateness_seconds')).toEqual([]);
  });

  it('have the names that are listed, each with its help', async () => {
    const registry = new RunRegistry();
    registry.begin(RUN);
    registry.add(recordSeconds(1)[0]!);
    const helped = (await registry.read()).match(/(?<=^# HELP )\S+(?= .)/gm) ?? [];
    expect(helped.sort()).toEqual([...METRIC_NAMES].sort());
    expect(FATES.length + Object.keys(PLAIN_COUNTERS).length).toBe(13);
  });
});

describe('the endpoint for Prometheus', () => {
  it('serves metrics to those who read, and nothing else', async () => {
    const port = await freePort();
    const { sink } = await openSink(`prometheus://127.0.0.1:${port}`);
    sink.begin(RUN);
    sink.second(recordSeconds(1)[0]!);
    await happened(() =>
      ask(port, 'GET', '/metrics').then(
        () => true,
        () => false,
      ),
    );
    const whole = await ask(port, 'GET', '/metrics?x=1');
    expect(whole).toMatchObject({ status: 200, type: 'text/plain; version=0.0.4; charset=utf-8' });
    expect(whole.text).toContain('rushhour_open_connections{scenario="steady",host="probe"} 3');
    expect(await ask(port, 'HEAD', '/metrics')).toMatchObject({ status: 200, text: '' });
    expect(await ask(port, 'GET', '/')).toMatchObject({ status: 404 });
    expect(await ask(port, 'POST', '/metrics')).toMatchObject({ status: 405 });
    expect(await sink.finish(5_000)).toMatchObject({ delivered: 1, dropped: 0 });
    await expect(ask(port, 'GET', '/metrics')).rejects.toThrow('ECONNREFUSED');
  });

  it('waits for a port that somebody else has, and says which other there is', async () => {
    const port = await freePort();
    const first = await openSink(`prometheus://127.0.0.1:${port}`);
    await happened(() =>
      ask(port, 'GET', '/metrics').then(
        () => true,
        () => false,
      ),
    );
    const second = await openSink(`prometheus://127.0.0.1:${port}`);
    await happened(() => second.told.turns.length === 1);
    expect(second.told.lines).toEqual([
      `${first.sink.name}: another program listens there; choose another port: --sink prometheus://127.0.0.1:${port + 1}; rushhour keeps retrying`,
    ]);
    await first.sink.finish(1_000);
    await happened(() => second.told.turns.length === 2);
    second.sink.begin(RUN);
    expect((await ask(port, 'GET', '/metrics')).text).toContain(`run="${RUN.runId}"`);
    await second.sink.finish(1_000);
  });
});

interface Answered {
  readonly status: number | undefined;
  readonly type: string | undefined;
  readonly text: string;
}

function ask(port: number, method: string, path: string): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, method, path, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () =>
        resolve({ status: response.statusCode, type: response.headers['content-type'], text }),
      );
    });
    asked.on('error', reject).end();
  });
}
