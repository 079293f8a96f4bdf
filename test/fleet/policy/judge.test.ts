import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judge } from '../../../src/fleet/policy/judge.ts';
import { parsePolicy } from '../../../src/fleet/policy/read-policy.ts';
import { parseScenario } from '../../../src/scenario/load.ts';
import { loadAttempts, loadDurationUs, stretchesOf } from '../../../src/scenario/load-shape.ts';
import type { Overrides } from '../../../src/scenario/overrides.ts';

type Value<Arb> = Arb extends fc.Arbitrary<infer T> ? T : never;

const NOW = new Date(2026, 5, 1, 12, 0).getTime();
const POLICY = `
schema: 1
targets: [www.example.org, 192.0.2.0/24]
proxies: ['proxy.example.org:3128']
rate: 100/s
attempts: 10000
duration: 10m
hours: [08:00-18:00]
`;
const TRAFFIC = `
schema: 1
description: traffic
target: http://www.example.org/
arms:
  traffic: { via: direct, load: [{ hold: { rate: 50/s, for: 60s } }] }
`;

const run = (text: string, overrides: Overrides = {}) => ({
  scenario: parseScenario(text, 'traffic', overrides),
  ...{ digest: 'a'.repeat(64), sameAs: ['traffic'] },
});
const refusalsOf = (text: string, policy = '', overrides: Overrides = {}, now = NOW): readonly string[] => {
  const judgement = judge(parsePolicy(POLICY + policy, 'policy.yaml'), run(text, overrides), now);
  return judgement.accepted ? [] : judgement.refusals;
};

describe('a policy', () => {
  it('accepts what it allows, and says what may be sent at most', () => {
    expect(judge(parsePolicy(POLICY, 'policy.yaml'), run(TRAFFIC), NOW)).toEqual({
      accepted: true,
      attempts: 3_000,
      forUs: 60_000_000,
    });
  });

  it('refuses a load that is too fast, too much, too long or at the wrong time, all at once', () => {
    const late = new Date(2026, 5, 1, 17, 50).getTime();
    expect(refusalsOf(TRAFFIC, '', { rate: '2k/s', duration: '15m' }, late)).toEqual([
      '2000/s exceeds the rate that the policy allows, 100/s',
      '1,800,000 attempts exceed those that the policy allows, 10,000',
      'a load of 15m exceeds the time that the policy allows, 10m',
      'it would send load from Mon 17:50 for 15m, outside the hours that the policy allows (08:00-18:00)',
    ]);
  });

  it('refuses targets and proxies that it does not list', () => {
    const proxied = TRAFFIC.replace('via: direct', 'via: proxy, proxy: "proxy.example.org:8080"');
    expect(refusalsOf(proxied, '', { target: 'http://198.51.100.1:81/' })).toEqual([
      'target 198.51.100.1:81 is not among those that the policy allows (www.example.org, 192.0.2.0/24)',
      'proxy proxy.example.org:8080 is not among those that the policy allows (proxy.example.org:3128)',
    ]);
    const bare = TRAFFIC.replace('http://www.example.org/', 'tcp://proxy.example.org:3128').replace(
      'direct',
      'tcp',
    );
    expect(refusalsOf(bare)).toEqual([]);
  });

  it('says whose a host is that it refuses, where it is not that of all arms', () => {
    const text = TRAFFIC.replace('via: direct', "via: proxy, proxy: '198.51.100.1:3128'");
    const bare = "{ via: tcp, target: 'tcp://198.51.100.1:3128', load: [{ hold: { rate: 1/s, for: 10s } }] }";
    const proxies = 'is not among those that the policy allows (proxy.example.org:3128)';
    const both =
      'is not among those that the policy allows (www.example.org, 192.0.2.0/24, proxy.example.org:3128)';
    expect(refusalsOf(`${text}  connect: ${bare}\n`)).toEqual([
      `target 198.51.100.1:3128 of arm connect, which gets no request, ${both}`,
      `proxy 198.51.100.1:3128 of arm traffic ${proxies}`,
    ]);
    expect(refusalsOf(`${text}  connect: ${bare}\n  again: ${bare}\n`)[0]).toBe(
      `target 198.51.100.1:3128 of arms connect, again, which gets no request, ${both}`,
    );
    expect(refusalsOf(text)).toEqual([`proxy 198.51.100.1:3128 ${proxies}`]);
  });

  it('names a host that it refuses once, and each rule once', () => {
    const both = `${TRAFFIC}  bare: { via: tcp, load: [{ hold: { rate: 1/s, for: 10s } }] }\n`;
    expect(refusalsOf(both, '', { target: 'http://198.51.100.1:81/' })).toEqual([
      'target 198.51.100.1:81 is not among those that the policy allows (www.example.org, 192.0.2.0/24)',
    ]);
    const policy = POLICY.replace("['proxy.example.org:3128']", '[www.example.org]');
    const bare = run(
      TRAFFIC.replace('http://www.example.org/', 'tcp://198.51.100.1:81').replace('direct', 'tcp'),
    );
    expect(judge(parsePolicy(policy, 'policy.yaml'), bare, NOW)).toMatchObject({
      refusals: [
        'target 198.51.100.1:81 is not among those that the policy allows (www.example.org, 192.0.2.0/24)',
      ],
    });
  });

  it('refuses hosts that pages name and it does not list: the proxy is asked for them as well', () => {
    const load = (hosts: string) => `{ browsers: 1, for: 5s, page: { hosts: ${hosts} } }`;
    const browsing = (hosts: string) =>
      TRAFFIC.replace('via: direct', 'via: proxy, proxy: "proxy.example.org:3128"').replace(
        '[{ hold: { rate: 50/s, for: 60s } }]',
        load(hosts),
      );
    const refused = (hosts: string) =>
      refusalsOf(browsing(hosts)).filter((refusal) => refusal.startsWith('target'));
    expect(refused('["cdn{1-2}.example.org", "192.0.2.9:8080"]')).toEqual(
      [1, 2].map(
        (number) =>
          `target cdn${number}.example.org:80 is not among those that the policy allows (www.example.org, 192.0.2.0/24)`,
      ),
    );
    expect(refused('20')).toEqual([]);
  });

  it('refuses closed loops whose attempts, length or connections nothing bounds', () => {
    const closed = (load: string) => TRAFFIC.replace('[{ hold: { rate: 50/s, for: 60s } }]', `{ ${load} }`);
    expect(refusalsOf(closed('concurrency: 5, attempts: 100'))).toEqual([
      '5 connections of closed loops exceed those that the policy allows, 0',
      'arm traffic does not say how long it lasts at most',
    ]);
    expect(refusalsOf(closed('concurrency: 5, for: 10s'), 'concurrency: 5')).toEqual([
      'arm traffic does not say how many attempts it makes at most',
    ]);
    expect(refusalsOf(closed('concurrency: 5, attempts: 100, for: 10s'), 'concurrency: 5')).toEqual([]);
  });

  it('refuses what would change, read or execute something on the probe', () => {
    const text = `${TRAFFIC.replace('via: direct', 'via: direct, auth: { scheme: basic, credentials: { file: /etc/shadow } }')}
tcpTimestamps: off
capture: on
firewall: { before: 'id' }
`;
    expect(refusalsOf(text)).toEqual([
      'it runs commands on this machine (firewall), which no policy allows',
      'it changes a setting of the kernel (tcpTimestamps), which no policy allows',
      'the policy does not allow to capture packets',
      'it reads /etc/shadow on this machine, which the policy does not list under secrets',
    ]);
    const env = TRAFFIC.replace(
      'via: direct',
      'via: direct, auth: { scheme: basic, credentials: { env: USERS } }',
    );
    expect(refusalsOf(env, "secrets: ['env:USERS']")).toEqual([]);
    expect(refusalsOf(env)).toEqual([
      'it reads env:USERS on this machine, which the policy does not list under secrets',
    ]);
  });

  it('lets only the scenarios run that it lists, by their content', () => {
    expect(refusalsOf(TRAFFIC, 'scenarios: [steady]')).toEqual([
      `scenario traffic (sha256:${'a'.repeat(64)}) is not among those that the policy allows`,
    ]);
    expect(refusalsOf(TRAFFIC, 'scenarios: [traffic]')).toEqual([]);
    expect(refusalsOf(TRAFFIC, `scenarios: ['sha256:${'a'.repeat(64)}']`)).toEqual([]);
  });

  it('lets a run choose its arms only where that is allowed, and the other ports that it connects to', () => {
    const choosing = TRAFFIC.replace('arms:', 'adaptive: { otherPort: 8080 }\narms:');
    expect(refusalsOf(choosing, '', { target: 'http://192.0.2.9/' })).toEqual([
      'the policy does not allow that it chooses its arms itself (adaptive)',
    ]);
    expect(refusalsOf(choosing, 'adaptive: true', { target: 'http://192.0.2.9/' })).toEqual([]);
    const proxied = choosing.replace('via: direct', 'via: proxy, proxy: "proxy.example.org:3128"');
    expect(refusalsOf(proxied, 'adaptive: true')).toEqual(
      [9, 79, 8080].map(
        (port) =>
          `its control proxy.example.org:${port} is not among the hosts that the policy allows (www.example.org, 192.0.2.0/24, proxy.example.org:3128)`,
      ),
    );
  });

  it('repeats what is wrong in its file, except where a secret may have been written', () => {
    const text = 'schema: 1\nrate: 5\nattempts: lots\nsecrets: [hush-hush]\n';
    expect(() => parsePolicy(text, 'probe.yaml')).toThrow(
      [
        'the policy has 2 mistakes:',
        'probe.yaml:3: "lots" does not belong in "attempts" — Most attempts of one run',
        'probe.yaml:4: an entry names no secret — write env:NAME, the full path of a file, or ticket-cache',
      ].join('\n  '),
    );
  });

  it('says every mistake of its file with its line', () => {
    const text = 'schema: 1\ntarget: [a]\nproxies: ["http://x"]\nrate: fast\nattempts: 0\nhours: [mon-fry]\n';
    expect(() => parsePolicy(text, 'probe.yaml')).toThrow(
      [
        'the policy has 5 mistakes:',
        'probe.yaml:3: "http://x" is not a host, a name with * or a network — write a name, *.example.org for every name below one, an address or a network, each with :port if only that one is meant',
        'probe.yaml:4: "fast" is not a rate — write a number, with a unit if it is not per second, such as 500, 500/s, 2k/s, 30/min or 1/h',
        'probe.yaml:5: the number 0 is out of range for "attempts" — write 1 to 50000000',
        'probe.yaml:6: "mon-fry" does not say when — write days, times or both, such as mon-fri 20:00-06:00, 01:00-05:00 or sat,sun',
        'probe.yaml:2: unknown key "target" — did you mean "targets"?',
      ].join('\n  '),
    );
  });
});

describe('whatever the policy and the run', () => {
  const rate = fc.integer({ min: 1, max: 400 });
  const phase = fc.record({ rate, forSec: fc.integer({ min: 1, max: 900 }), to: rate });
  const ordered = fc.record({
    phases: fc.array(phase, { minLength: 1, maxLength: 3 }),
    arms: fc.integer({ min: 1, max: 2 }),
    host: fc.constantFrom('www.example.org', '192.0.2.9', 'www.example.org', '192.0.2.9', '192.0.3.9'),
    hour: fc.integer({ min: 0, max: 23 }),
  });
  const limits = fc.record({
    rate: fc.integer({ min: 1, max: 800 }),
    attempts: fc.integer({ min: 1, max: 500_000 }),
    minutes: fc.integer({ min: 1, max: 60 }),
    from: fc.integer({ min: 0, max: 11 }),
  });
  const judged = (given: Value<typeof limits>, { phases, arms, host, hour }: Value<typeof ordered>) => {
    const load = phases.map(
      ({ rate, to, forSec }) => `{ ramp: { from: ${rate}/s, to: ${to}/s, for: ${forSec}s } }`,
    );
    const text = `schema: 1\ntarget: http://${host}/\narms:\n${Array.from(
      { length: arms },
      (_, index) => `  arm${index}: { via: direct, load: [${load.join(', ')}] }\n`,
    ).join('')}`;
    const policy = parsePolicy(
      `schema: 1\ntargets: [www.example.org, 192.0.2.0/24]\nrate: ${given.rate}\nattempts: ${given.attempts}\nduration: ${given.minutes}m\nhours: ['${given.from}:00-${given.from + 12}:00']\n`,
      'policy.yaml',
    );
    const now = new Date(2026, 5, 1, hour).getTime();
    return { ...run(text), policy, now, judgement: judge(policy, run(text), now) };
  };

  it('nothing is accepted that exceeds a limit', () => {
    let accepted = 0;
    fc.assert(
      fc.property(limits, ordered, (given, order) => {
        const { judgement, scenario, now } = judged(given, order);
        if (!judgement.accepted) {
          expect(judgement.refusals.length).toBeGreaterThan(0);
          return;
        }
        accepted += 1;
        const loads = scenario.arms.map(({ load }) => load);
        const peaks = loads.map((load) =>
          load.kind === 'open'
            ? Math.max(...stretchesOf(load).flatMap((s) => [s.fromPerSec, s.toPerSec]))
            : Infinity,
        );
        expect(peaks.reduce((sum, peak) => sum + peak, 0)).toBeLessThanOrEqual(given.rate);
        expect(loads.reduce((sum, load) => sum + (loadAttempts(load) ?? Infinity), 0)).toBeLessThanOrEqual(
          given.attempts,
        );
        const longestUs = Math.max(...loads.map((load) => loadDurationUs(load) ?? Infinity));
        expect(longestUs).toBeLessThanOrEqual(given.minutes * 60_000_000);
        expect(['www.example.org', '192.0.2.9']).toContain(order.host);
        const end = new Date(now + longestUs / 1_000 - 1);
        for (const hour of [new Date(now).getHours(), end.getHours()]) {
          expect(hour).toBeGreaterThanOrEqual(given.from);
          expect(hour).toBeLessThan(given.from + 12);
        }
      }),
      { numRuns: 400, seed: 7 },
    );
    expect(accepted).toBeGreaterThan(10);
  });

  it('a wider policy refuses nothing that a narrower one accepts, and gives no reason that it did not', () => {
    fc.assert(
      fc.property(limits, ordered, (given, order) => {
        const kinds = (limit: typeof given): string[] => {
          const { judgement } = judged(limit, order);
          return judgement.accepted
            ? []
            : judgement.refusals.map((text) => text.replace(/\d[\d,.smh/]*/g, '#'));
        };
        const wider = {
          ...given,
          rate: given.rate * 2,
          attempts: given.attempts * 2,
          minutes: given.minutes * 2,
        };
        for (const reason of kinds(wider)) expect(kinds(given)).toContain(reason);
      }),
      { numRuns: 150, seed: 11 },
    );
  });
});
