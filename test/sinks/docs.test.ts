import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { STATUS_KEYS } from '../../src/metrics/statuses.ts';
import { OUTCOMES } from '../../src/outcome/outcome.ts';
import {
  MEASUREMENTS,
  METRIC_NAMES,
  outcomeField,
  RUN_FIELDS,
  SERIES_FIELDS,
  statusField,
} from '../../src/render/metric-names.ts';
import { startInfluxdb } from '../peers/influxdb.ts';
import { suiteNeeding } from '../support/suite-needing.ts';
import { makeSpool, openSink, RUN, recordSeconds } from './seconds.ts';

const DOCS = join(import.meta.dirname, '../../docs');
const ALERTS = join(DOCS, 'prometheus/alerts.yml');

interface Dashboard {
  readonly title: string;
  readonly templating: { readonly list: readonly { readonly name: string; readonly type: string }[] };
  readonly panels: readonly {
    readonly id: number;
    readonly title: string;
    readonly targets: readonly { readonly expr?: string; readonly query?: string }[];
  }[];
}

function readDashboard(name: string): Dashboard {
  return JSON.parse(readFileSync(join(DOCS, 'grafana', name), 'utf8')) as Dashboard;
}

/** What Grafana would send, with every variable at its default. */
function fillIn(query: string): string {
  return query
    .replaceAll('$__rate_interval', '1m')
    .replaceAll('$__interval', '10s')
    .replaceAll('$timeFilter', 'time > now() - 1h')
    .replaceAll(/\$(scenario|site|host|run)\b/g, '.*');
}

const queriesOf = ({ panels }: Dashboard): string[] =>
  panels.flatMap(({ targets }) => targets.map(({ expr, query }) => fillIn(expr ?? query ?? '')));

const namesIn = (text: string): string[] => [...new Set(text.match(/\brushhour_[a-z_]+/g) ?? [])];

describe('the Grafana dashboards', () => {
  it.each([
    'rushhour.json',
    'rushhour-influxdb.json',
  ])('%s shows each thing once, from a source to choose', (name) => {
    const { panels, templating } = readDashboard(name);
    const titles = panels.map(({ title }) => title);
    for (const wanted of ['Stalled rate', 'Started and completed', 'Outcomes other than ok', 'Handshake']) {
      expect(titles).toContain(wanted);
    }
    expect(titles).toEqual(expect.arrayContaining(['Lateness of the probe', 'Unsent', 'Answers by status']));
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    expect(templating.list[0]).toMatchObject({ name: 'datasource', type: 'datasource' });
  });

  it('name only metrics and fields that there are', () => {
    const prometheus = queriesOf(readDashboard('rushhour.json'));
    for (const query of prometheus) {
      expect(namesIn(query)).not.toEqual([]);
      expect(METRIC_NAMES).toEqual(expect.arrayContaining(namesIn(query)));
    }
    const fields = [...SERIES_FIELDS, ...RUN_FIELDS, ...OUTCOMES.map(outcomeField)];
    const measurements = Object.values(MEASUREMENTS);
    const counted = STATUS_KEYS.flatMap((status) => [statusField(status, false), statusField(status, true)]);
    for (const query of queriesOf(readDashboard('rushhour-influxdb.json'))) {
      const all = /sum\(\/(.+?)\/\)/.exec(query)?.[1];
      if (all !== undefined) {
        expect([...fields, ...counted].filter((field) => new RegExp(all).test(field))).toEqual(counted);
        continue;
      }
      const used = [...query.matchAll(/(?:sum|mean|max)\("(\w+)"\)/g)].map(([, field]) => field);
      expect(used).not.toEqual([]);
      expect(fields).toEqual(expect.arrayContaining(used));
      expect(measurements).toContain(/FROM "(\w+)"/.exec(query)?.[1]);
    }
  });
});

describe('docs/sinks.md', () => {
  const text = readFileSync(join(DOCS, 'sinks.md'), 'utf8');

  it('names every metric, and none that there is not', () => {
    // VictoriaMetrics has names of its own, made of measurement and field.
    const fields = SERIES_FIELDS.map((field) => `${MEASUREMENTS.series}_${field}`);
    const others = [...Object.values(MEASUREMENTS), ...fields] as string[];
    const named = namesIn(text).filter((name) => !others.includes(name));
    expect(named.sort()).toEqual([...METRIC_NAMES].sort());
  });

  it.each([...SERIES_FIELDS, ...RUN_FIELDS])('names the field %s, or how it is made up', (field) => {
    const pattern = field.replace(/_(p50|p90|p99|max)_us$/, '_<quantile>_us');
    expect(text).toContain(`\`${pattern}\``);
  });
});

suiteNeeding('the alert rules', ['promtool'], () => {
  it('are rules to Prometheus, and name only metrics that there are', () => {
    expect(promtool('check', 'rules', ALERTS)).toContain('SUCCESS: 4 rules found');
    expect(METRIC_NAMES).toEqual(expect.arrayContaining(namesIn(readFileSync(ALERTS, 'utf8'))));
  });

  it('fire for what they are about, and only then', async () => {
    const file = join(makeSpool(), 'test.yml');
    await writeFile(file, ruleTests());
    expect(promtool('test', 'rules', file)).toContain('SUCCESS');
  });

  it('go with panels whose queries Prometheus understands', async () => {
    const rules = queriesOf(readDashboard('rushhour.json')).map(
      (expr, index) => `      - { record: 'panel:${index}', expr: ${JSON.stringify(expr)} }\n`,
    );
    const file = join(makeSpool(), 'panels.yml');
    await writeFile(file, `groups:\n  - name: panels\n    rules:\n${rules.join('')}`);
    expect(promtool('check', 'rules', file)).toContain(`SUCCESS: ${rules.length} rules found`);
  });
});

suiteNeeding('the dashboard of InfluxDB', ['influxd'], () => {
  it('has queries that InfluxDB answers with what a run wrote', async () => {
    const influx = await startInfluxdb();
    onTestFinished(() => influx.stop());
    await influx.query('CREATE DATABASE rushhour');
    const { sink } = await openSink(`influxdb://127.0.0.1:${influx.port}/rushhour`);
    sink.begin(RUN);
    for (const second of recordSeconds(30)) sink.second(second);
    expect(await sink.finish(10_000)).toMatchObject({ delivered: 30 });
    const answers: Record<string, number> = {};
    for (const { title, targets } of readDashboard('rushhour-influxdb.json').panels) {
      for (const { query = '' } of targets) answers[title] = (await influx.query(fillIn(query))).length;
    }
    // The seconds recorded here have no responses; all else is there.
    const { 'First byte': firstByte, ...others } = answers;
    expect(firstByte).toBe(0);
    expect(Math.min(...Object.values(others))).toBeGreaterThan(0);
  });
});

function promtool(...args: readonly string[]): string {
  return execFileSync('promtool', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** promtool's unit tests (prometheus.io, "Unit testing for rules"): series by the minute, and what is to fire when. */
function ruleTests(): string {
  const labels = 'scenario="steady",host="probe"';
  const arm = `${labels},arm="stress",phase="measured"`;
  const series = (name: string, values: string): string =>
    `      - { series: '${name}', values: '${values}' }\n`;
  const fine = [
    series(`rushhour_scheduled_total{${arm}}`, '0+6000x40'),
    series(`rushhour_started_total{${arm}}`, '0+6000x40'),
    series(`rushhour_recorded_seconds_total{${labels}}`, '0+60x40'),
    series(`rushhour_last_second_timestamp_seconds{${labels}}`, '0+60x40'),
  ];
  const night = (
    name: string,
    more: readonly string[],
    alert: string,
    at: string,
    fires: boolean,
  ): string => `
  - name: ${name}
    interval: 1m
    input_series:
${more.join('')}    alert_rule_test:
      - eval_time: ${at}
        alertname: ${alert}
        exp_alerts: ${fires ? '' : '[]'}
${fires ? EXPECTED[alert] : ''}`;
  const stalls = (perMinute: number): string =>
    series(`rushhour_stalled_total{${arm},fate="frozen"}`, `0+${perMinute}x40`);
  return `
rule_files: ['${ALERTS}']
tests:${night('stalls', [...fine, stalls(60)], 'RushhourStalls', '20m', true)}${night('few stalls', [...fine, stalls(3)], 'RushhourStalls', '20m', false)}${night('unsent', [...fine, series(`rushhour_unsent_total{${arm}}`, '0+120x40')], 'RushhourGeneratorLimited', '20m', true)}${night('late', [...fine, series(`rushhour_lateness_seconds{${labels},quantile="0.99"}`, '0.2x40')], 'RushhourGeneratorLimited', '20m', true)}${night('in time', [...fine, series(`rushhour_lateness_seconds{${labels},quantile="0.99"}`, '0.02x40')], 'RushhourGeneratorLimited', '20m', false)}${night('still', [series(`rushhour_recorded_seconds_total{${labels}}`, '60x40')], 'RushhourStandsStill', '20m', true)}${night('pushed and over', [series(`rushhour_recorded_seconds_total{${labels},run="r"}`, '60x40')], 'RushhourStandsStill', '20m', false)}${night('no run since', fine, 'RushhourNoData', '28h', true)}${night('a run last night', fine, 'RushhourNoData', '24h', false)}
`;
}

/** What is to be told, as far as promtool compares it. */
const EXPECTED: Readonly<Record<string, string>> = {
  RushhourStalls: expected(
    'severity: warning, scenario: steady, host: probe, arm: stress',
    '1% of stress stall (steady on probe)',
    'Handshakes lost a SYN and took 0.9 s or longer, or never completed. rushhour report shows which and when.',
  ),
  RushhourGeneratorLimited: expected(
    'severity: warning, scenario: steady, host: probe',
    'the probe probe is itself the limit (steady)',
    'Lower the rate, give the probe more ports or descriptors, or see what else runs on it; rushhour doctor tells.',
  ),
  RushhourStandsStill: expected(
    'severity: warning, scenario: steady, host: probe',
    'a run of steady on probe records nothing',
    'It is under way, and has recorded no second for five minutes.',
  ),
  RushhourNoData: expected(
    'severity: warning, host: probe',
    'no run on probe since 1970-01-01 00:40:00 +0000 UTC',
    'The last second that was recorded there is more than 26 hours old.',
  ),
};

function expected(labels: string, summary: string, description: string): string {
  return `          - exp_labels: { ${labels} }
            exp_annotations:
              summary: '${summary}'
              description: '${description}'
`;
}
