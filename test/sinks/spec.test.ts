import { describe, expect, it } from 'vitest';
import { UsageError } from '../../src/errors.ts';
import { kindOf } from '../../src/sinks/registry.ts';
import { parseSink } from '../../src/sinks/spec.ts';

const AT = { host: 'db.example', port: 8_086, tls: false };

describe('a sink’s address', () => {
  it.each([
    ['influxdb://db.example/rushhour', { kind: 'influxdb', ...AT, database: 'rushhour' }],
    [
      'influxdbs://db.example:443/rush%20hour?rp=one_year',
      { kind: 'influxdb', ...AT, port: 443, tls: true, database: 'rush hour', retentionPolicy: 'one_year' },
    ],
    ['influxdb2://db.example/school/runs', { kind: 'influxdb2', ...AT, org: 'school', bucket: 'runs' }],
    ['influxdb2s://db.example:8086/a/b/', { kind: 'influxdb2', ...AT, tls: true, org: 'a', bucket: 'b' }],
    ['pushgateway://db.example', { kind: 'pushgateway', ...AT, port: 9_091, job: 'rushhour' }],
    ['pushgateways://[::1]:1/x', { kind: 'pushgateway', host: '[::1]', port: 1, tls: true, job: 'x' }],
    ['prometheus://', { kind: 'prometheus', host: '127.0.0.1', port: 9_464 }],
    ['prometheus://0.0.0.0:9000/metrics', { kind: 'prometheus', host: '0.0.0.0', port: 9_000 }],
  ])('%s is understood', (text, spec) => {
    expect(parseSink(text)).toEqual(spec);
  });

  it.each([
    ['db.example:8086', '--sink: this is not a sink', 'influxdb://HOST:8086/DATABASE'],
    ['http://db.example/x', '--sink: this is not a sink', 'pushgateway://'],
    ['prometheuss://127.0.0.1', '--sink: this is not a sink', 'prometheus://'],
    ['influxdb://db.example', '--sink influxdb://db.example: part of this address', 'name the database'],
    ['influxdb://db.example/a/b', 'part of this address', 'name the database'],
    ['influxdb:///a', 'part of this address', 'name a host'],
    ['influxdb2://db.example/bucket', 'part of this address', 'organisation and bucket'],
    ['influxdb2://db.example/a/b?rp=c', 'part of this address', 'follows the ?'],
    ['pushgateway://db.example/a/b', 'part of this address', 'a job at most'],
    ['prometheus://127.0.0.1/other', 'part of this address', '/metrics'],
    ['influxdb://db.example/a%zz', 'percent-encoding', '%25'],
  ])('%s is refused with a cure', (text, why, cure) => {
    const error = refusal(text);
    expect(error.message).toContain(why);
    expect(error.hint).toContain(cure);
  });

  it.each([
    'influxdb://bob:hunter2@db.example/rushhour',
    'influxdb2://hunter2@db.example/a/b',
    'influxdb://db.example/rushhour?u=bob&p=hunter2',
    'influxdb2://db.example/a/b?token=hunter2',
    'http://bob:hunter2@db.example/',
    'influxdb://bob:hunter2@',
  ])('%s is refused without what it gives away', (text) => {
    const { message, hint } = refusal(text);
    expect(message + hint).not.toContain('hunter2');
    if (text.includes('db.example/r')) expect(hint).toContain('--sink-user env:NAME');
  });

  it('is shown by kind, address and place', () => {
    const texts = ['influxdb://h/d', 'influxdb2s://h/o/b', 'pushgateway://h/j', 'prometheus://'];
    expect(texts.map(parseAndName)).toEqual([
      'InfluxDB at http://h:8086 (database d)',
      'InfluxDB at https://h:8086 (bucket b)',
      'Pushgateway at http://h:9091 (job j)',
      'Prometheus endpoint http://127.0.0.1:9464/metrics',
    ]);
  });
});

function parseAndName(text: string): string {
  const spec = parseSink(text);
  return kindOf(spec).name(spec);
}

function refusal(text: string): UsageError {
  try {
    parseSink(text);
  } catch (error) {
    if (error instanceof UsageError) return error;
    throw error;
  }
  throw new Error(`${text} was taken`);
}
