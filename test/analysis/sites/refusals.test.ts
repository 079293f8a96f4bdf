import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { linesToAllow, listRefusals } from '../../../src/analysis/sites/refusals.ts';
import { judge } from '../../../src/fleet/policy/judge.ts';
import { parsePolicy } from '../../../src/fleet/policy/read-policy.ts';
import { parseScenario } from '../../../src/scenario/load.ts';

const NOW = new Date(2026, 5, 1, 23, 50, 40).getTime();
const POLICY = { schema: 1, targets: ['192.0.2.1'], rate: '10/s', attempts: 20, duration: '1m' };
const WEB = 'load: [{ hold: { rate: 33.4/s, for: 90s } }]';

function refusalsOf(policy: Readonly<Record<string, unknown>>, text: string): readonly string[] {
  const scenario = parseScenario(`schema: 1\n${text}`, 'own', {});
  const run = { scenario, digest: 'a'.repeat(64), sameAs: [] };
  const judged = judge(parsePolicy(JSON.stringify(policy), 'policy.yaml'), run, NOW);
  return judged.accepted ? [] : judged.refusals;
}

/** A policy with what these lines add to it. */
function allowing(
  policy: Readonly<Record<string, unknown>>,
  lines: readonly string[],
): Record<string, unknown> {
  const added = Object.entries(parse(lines.join('\n')) as Record<string, unknown>);
  const joined = added.map(([key, value]) => {
    const own = policy[key];
    return [key, Array.isArray(value) && Array.isArray(own) ? [...own, ...value] : value];
  });
  return { ...policy, ...Object.fromEntries(joined) };
}

describe('what would allow a refused run', () => {
  it.each<[string, object, string, readonly string[]]>([
    [
      'hosts, where one arm only connects to the proxy of another',
      {},
      `target: http://www.example.org/\narms:\n  web: { via: proxy, proxy: '127.0.0.1:3128', ${WEB} }\n  bare: { via: tcp, target: 'tcp://127.0.0.1:3128', load: [{ hold: { rate: 1/s, for: 9s } }] }\n`,
      [
        'targets: ["www.example.org:80"]',
        'proxies: ["127.0.0.1:3128"]',
        'rate: 35/s',
        'attempts: 3015',
        'duration: 90s',
      ],
    ],
    [
      'an IPv6 target that two arms have, beside one that is allowed',
      { rate: '1k/s', attempts: 100_000, duration: '1h' },
      `arms:\n  a: { via: direct, target: 'http://[2001:db8::1]:81/', ${WEB} }\n  b: { via: direct, target: 'http://[2001:db8::1]:81/', ${WEB} }\n  c: { via: direct, target: 'http://192.0.2.1/', ${WEB} }\n`,
      ['targets: ["[2001:db8::1]:81"]'],
    ],
    [
      'another scenario, at another time, over midnight',
      { ...{ rate: '1k/s', attempts: 100_000, duration: '1h' }, scenarios: ['steady'], hours: ['sat'] },
      `target: http://192.0.2.1/\narms:\n  web: { via: direct, load: [{ hold: { rate: 1/s, for: 15m } }] }\n`,
      [`scenarios: ["sha256:${'a'.repeat(64)}"]`, 'hours: ["mon 23:50-00:06"]'],
    ],
    [
      'what a machine is asked to do beside',
      { attempts: 1_000 },
      `target: http://192.0.2.1/\ncapture: on\narms:\n  web: { via: direct, auth: { scheme: basic, credentials: { env: USERS } }, load: { concurrency: 5, attempts: 100, for: 10s } }\n`,
      ['secrets: ["env:USERS"]', 'concurrency: 5', 'capture: true'],
    ],
    [
      'an embedded far end',
      { rate: '1k/s', attempts: 100_000, duration: '1h' },
      `farEnd: embedded\narms:\n  web: { via: direct, ${WEB} }\n`,
      ['embedded: true'],
    ],
  ])('%s', (_, changes, text, expected) => {
    const policy = { ...POLICY, ...changes };
    const lines = linesToAllow(refusalsOf(policy, text));
    expect(lines).toEqual(expected);
    expect(refusalsOf(allowing(policy, lines), text)).toEqual([]);
  });

  it('is not said of what no policy allows, nor of what depends on more than it', () => {
    const reasons = [
      'it runs commands on this machine (firewall), which no policy allows',
      'it is busy with 20250131-060000-steady-k3f9, until 2025-01-31T06:10:00.000Z by its clock',
      // Another program may say anything.
      'a load of 1.2.3s exceeds the time that the policy allows',
      '1.2.3/s exceeds the rate that the policy allows',
    ];
    expect(linesToAllow(reasons)).toEqual([]);
  });

  it('is told with reasons that are each there once', () => {
    const refused = (probe: string, ...reasons: string[]) => ({
      ...{ probe, status: 'refused' as const },
      trouble: reasons.map((reason) => `refused: ${reason}`),
    });
    const parts = [refused('a', 'one'), refused('b', 'two', 'one'), refused('c', 'two', 'three', 'one')];
    expect(listRefusals([...parts, { probe: 'd', status: 'complete', trouble: ['refused: x'] }])).toEqual([
      { reason: 'one', probes: ['a', 'b', 'c'] },
      { reason: 'two', probes: ['b', 'c'] },
      { reason: 'three', probes: ['c'] },
    ]);
  });
});
