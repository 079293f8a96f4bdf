import { describe, expect, it } from 'vitest';
import { workKey } from '../../src/analysis/compare/work-key.ts';
import { describeTested } from '../../src/analysis/tested.ts';
import { formatFrom, formatTested, formatTestedFully, formatTestedShort } from '../../src/render/tested.ts';
import type { Arm, Scenario } from '../../src/scenario/types.ts';
import { armAt, scenarioOf } from '../doctor/facts.ts';

const target = (path = '/') => ({ scheme: 'http', host: 'www.example.org', port: 80, path }) as const;
const proxied = (over: Partial<Arm> = {}) =>
  armAt({
    ...{ name: 'traffic', via: 'proxy', proxy: { host: '10.0.0.5', port: 3128 }, target: target() },
    load: { kind: 'open', phases: [{ kind: 'hold', ratePerSec: 500, forUs: 60_000_000 }] },
    ...over,
  });
const HOST = { hostname: 'probe-7', addresses: ['127.0.0.1', '::1', '10.0.0.2', 'fe80::1'] };
const words = (scenario: Scenario, host: unknown = HOST) => formatTested(describeTested({ scenario, host }));

describe('what a run tested', () => {
  it('is proxy, target, load of each arm, and where from', () => {
    const control = armAt({
      name: 'control',
      via: 'tcp',
      target: { ...target(''), host: '10.0.0.5', port: 3128 },
    });
    const tested = describeTested({ scenario: scenarioOf(proxied(), control), host: HOST });
    expect(formatTested(tested)).toMatch(
      /^proxy 10\.0\.0\.5:3128 for http:\/\/www\.example\.org\/, traffic up to 500\/s, control up to /,
    );
    expect(formatTestedShort(tested)).toBe('10.0.0.5:3128 -> http://www.example.org/, up to 500/s');
    expect(formatFrom(tested)).toBe('probe-7 (10.0.0.2)');
    const run = {
      scenario: 'steady',
      startedAt: '2025-01-31T06:00:00.000Z',
      endedAt: '2025-01-31T06:05:00.000Z',
    };
    expect(formatTestedFully(tested, run)).toMatch(
      /^steady: proxy .*; 2025-01-31 06:00:00 UTC, for 5 min, from probe-7 \(10\.0\.0\.2\)$/,
    );
  });

  it('names source addresses that were chosen rather than those of the machine', () => {
    const scenario = scenarioOf(proxied());
    const sources = { traffic: { addresses: ['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4'] } };
    expect(formatFrom(describeTested({ scenario, sources, host: HOST }))).toBe(
      'probe-7 (192.0.2.1, 192.0.2.2, 2 more)',
    );
  });

  it('does without what an older run does not tell', () => {
    for (const host of [undefined, null, 'x', { addresses: 7 }]) {
      expect(formatFrom(describeTested({ scenario: scenarioOf(proxied()), host }))).toBe('');
    }
  });

  it('says so where the far end was its own, without a port of chance', () => {
    expect(words({ ...scenarioOf(proxied()), farEnd: 'embedded' })).toBe(
      'its own far end, on that machine, up to 500/s',
    );
  });

  it.each([
    '/?token=hunter2',
    '/a?n=1&access_token=hunter2&m=2',
    '/?API-Key=hunter2',
    '/?x=1&sig=hunter2',
    '/?password=hunter2',
  ])('leaves out what is secret in %s', (path) => {
    const text = words(scenarioOf(proxied({ target: target(path) })));
    expect(text).not.toContain('hunter2');
    expect(text).toContain('=[redacted]');
  });

  it('leaves other parameters as they are', () => {
    expect(words(scenarioOf(proxied({ target: target('/?n={nonce}&monkey=7') })))).toContain(
      '/?n={nonce}&monkey=7,',
    );
  });
});

describe('whether runs may stand in one line', () => {
  const key = (over: Partial<Arm> = {}) => workKey(scenarioOf(proxied(over)));
  const open = (ratePerSec: number, forUs: number): Arm['load'] => ({
    ...{ kind: 'open', phases: [{ kind: 'hold', ratePerSec, forUs }] },
  });

  it.each<[string, Partial<Arm>]>([
    ['load', { load: open(501, 60_000_000) }],
    ['target', { target: target('/other') }],
    ['proxy', { proxy: { host: '10.0.0.6', port: 3128 } }],
    ['way of closing', { close: 'fin' }],
    ['name', { name: 'other' }],
  ])('is denied where the %s differs', (_what, over) => {
    expect(key(over)).not.toBe(key());
  });

  it('is granted where only the length or the source differs', () => {
    expect(key({ load: open(500, 90_000_000), socket: { bind: ['192.0.2.1'] } })).toBe(key());
  });

  it('does not hang on the port of an embedded far end', () => {
    const at = (port: number) =>
      workKey({ ...scenarioOf(proxied({ proxy: { host: '127.0.0.1', port } })), farEnd: 'embedded' });
    expect(at(4_001)).toBe(at(4_002));
  });
});
