import { describe, expect, it } from 'vitest';
import type { LimitCause } from '../../src/analysis/types.ts';
import { renderSummary } from '../../src/render/summary.ts';
import { armSummary, NOTHING, STALLING, summary } from './fixtures.ts';

const plain = { colour: false, width: 200 };

describe('renderSummary', () => {
  it('reads well pasted into a ticket', () => {
    const text = renderSummary(
      summary({
        verdict: {
          pass: false,
          criteria: [
            { text: 'stress.stalled.rate < 0.1%', value: 0.002, held: false },
            { text: 'stress.handshakeUs.p99 < 5ms', value: 1_240, held: true },
          ],
          generatorLimited: false,
          reasons: [],
        },
        arms: { stress: STALLING },
        findings: [
          {
            kind: 'knee',
            arm: 'stress',
            confidence: 'high',
            ratePerSec: 1_007,
            text: 'stalls start at 1,007/s',
          },
        ],
      }),
      { ...plain, dir: 'results/20250131-060000-steady-k3f9' },
    );
    expect(text).toMatchInlineSnapshot(`
      "FAIL  steady (timer 60 s): 1 of 2 criteria did not hold
        FAILED  stress.stalled.rate < 0.1%    measured 0.2 %
        held    stress.handshakeUs.p99 < 5ms  measured 1.24 ms

      run         20250131-060000-steady-k3f9, complete, raw engine
      when        2025-01-31 06:00:00 UTC, for 31 s
      lateness    of this machine in starting attempts: p50 26 us, p99 104 us, max 260 us
      results     results/20250131-060000-steady-k3f9

      Findings
        - stress: stalls start at 1,007/s (high confidence)

      Arm stress
        attempts    60,000 scheduled, 59,990 started, 10 unsent, 59,900 established, 59,865 completed
                    (99.8 %); 2,000/s
        stalled     120 of 59,990 (0.2 %); the true rate is between 0.17 % and 0.24 % with 95 %
                    confidence
                    30 recovered, 90 frozen; per second: p99 1.2 %, worst 1.8 %
        healed      7 retransmitted, but fast: an early warning, not a stall
        slow        3 as long as a stall, but without a loss: the path is slow
        resent SYNs 20 x 1, 17 x 2, 90 x 10 (handshakes x retransmissions each)
        not ok
          90  handshake-timeout  the SYN was never answered
          35  response-reset     reset before the response was complete
          10  unsent-late        due, but this machine was too late to start it
        answers     60,000 x 200
        from intended start      p50      p90      p99    p99.9      max
        handshake             310 us   620 us  1.24 ms  2.48 ms  3.10 ms
        first byte           1.23 ms  2.46 ms  4.92 ms  9.84 ms   2.13 s
        total                1.50 ms  3.00 ms  6.00 ms  12.0 ms  15.0 ms
        from actual start
        first byte           1.23 ms  2.46 ms  4.92 ms  9.84 ms  30.0 ms
        endpoint        started  established  completed  stalled
        10.0.0.5:3128    29,995       29,905     29,870      120
        [fd00::5]:3128   29,995       29,995     29,995        0
      "
    `);
  });

  it.each([
    ['PASS  ', {}],
    ['FAIL  ', { pass: false, criteria: [{ text: 'a.unsent == 0', value: 3, held: false }] }],
    ['NO VERDICT  steady (timer 60 s): generator-limited', { pass: null, generatorLimited: true }],
    ['NO VERDICT  ', { pass: null, criteria: [{ text: 'a.unsent == 0', value: null, held: null }] }],
    ['DONE  ', { pass: null, criteria: [] }],
    ['FAIL  steady (timer 60 s): 0 of 3', { pass: false, criteria: [], reasons: ['0 of 3'] }],
    ['NO VERDICT  steady (timer 60 s): nothing', { pass: null, criteria: [], reasons: ['nothing started'] }],
  ])('leads with %s', (lead, over) => {
    const { verdict } = summary();
    const text = renderSummary(summary({ verdict: { ...verdict, ...over } }), plain);
    expect(text.slice(0, lead.length)).toBe(lead);
  });

  it('is the head alone where a diagnosis in full follows', () => {
    const whole = summary({ arms: { stress: STALLING } });
    const text = renderSummary(whole, { ...plain, isHead: true });
    expect(text).toMatch(/^PASS/);
    expect(text).toContain('\nrun ');
    for (const left of ['Arm stress', 'Findings', 'Diagnosis']) expect(text).not.toContain(left);
  });

  it('says why a run failed whose criteria held', () => {
    const reasons = ['the clock was set', 'something was ill: see the diagnosis'];
    const { verdict } = summary();
    const lines = renderSummary(summary({ verdict: { ...verdict, pass: false, reasons } }), plain).split(
      '\n',
    );
    expect(lines[0]).toBe('FAIL  steady (timer 60 s): something was ill: see the diagnosis');
    expect(lines[1]).toBe('  the clock was set');
    expect(lines.filter((line) => line.includes('see the diagnosis'))).toHaveLength(1);
  });

  it('gives no verdict on a run that was interrupted or failed', () => {
    const { run } = summary();
    const [interrupted] = renderSummary(summary({ run: { ...run, status: 'interrupted' } }), plain).split(
      '\n',
    );
    const [failed] = renderSummary(summary({ run: { ...run, status: 'failed' } }), plain).split('\n');
    expect(interrupted).toBe('NO VERDICT  steady (timer 60 s): the run was interrupted');
    expect(failed).toBe('NO VERDICT  steady (timer 60 s): the run failed');
  });

  it('gives every reason why there is no verdict', () => {
    const { verdict } = summary();
    const reasons = ['12 % of the attempts were unsent', 'p99 of lateness was 80 ms'];
    const text = renderSummary(summary({ verdict: { ...verdict, generatorLimited: true, reasons } }), plain);
    for (const reason of reasons) expect(text).toContain(`\n  ${reason}\n`);
  });

  it('say what to do about it, unless what drops here says so itself', () => {
    const late = 'starts were late: p99 135 ms, and the limit is 100 ms';
    const shown = (limitedBy?: LimitCause[]): string => {
      const verdict = { ...summary({}).verdict, pass: null, generatorLimited: true, reasons: [late] };
      return renderSummary(
        summary({ verdict: limitedBy === undefined ? verdict : { ...verdict, limitedBy } }),
        plain,
      );
    };
    const busy = new RegExp(`  ${late}\n  -> stop whatever else keeps .*--rate.*doctor`, 's');
    // Runs of an earlier version do not say what limited them.
    for (const limitedBy of [undefined, ['lateness'], ['starved'], ['local-denied', 'unsent-late']] as const)
      expect(shown(limitedBy && [...limitedBy])).toMatch(busy);
    expect(shown(['unsent-no-port'])).toContain('-> lower the rate or the number of connections, or raise');
    expect(shown(['local-port-in-use'])).toMatch(/-> something else .* has these source ports/);
    expect(shown(['local-drop'])).not.toContain('->');
    expect(shown(['local-denied', 'local-no-address'])).not.toContain('->');
    expect(renderSummary(summary({}), plain)).not.toContain('->');
  });

  it('says how long a worker of this machine did not run', () => {
    expect(renderSummary(summary({ starvedSec: 3 }), plain)).toContain(
      'starved     in 3 seconds, a worker thread of this machine did not run at all\n',
    );
    expect(renderSummary(summary({ captureDrops: 12 }), plain)).toContain(
      'capture     12 packets came faster than this machine took them',
    );
    expect(renderSummary(summary({}), plain)).not.toMatch(/starved|capture/);
  });

  it('doubts what a run found whose machine was the bottleneck', () => {
    const findings = [{ kind: 'knee', confidence: 'high', text: 'stalls start at 7/s' } as const];
    const shown = (generatorLimited: boolean): string =>
      renderSummary(summary({ findings, verdict: { ...summary({}).verdict, generatorLimited } }), plain);
    expect(shown(true)).toContain('Findings (this machine was the bottleneck: measure again)');
    expect(shown(false)).toMatch(/^Findings$/m);
  });

  it('shows the value of a criterion in the unit of its figure', () => {
    const { verdict } = summary();
    const criteria = [
      { text: 'a.handshakeUs.p99<5ms', value: 1_240, held: true },
      { text: 'a.stalled.ratePerFrame.max < 1%', value: 0.004, held: true },
      { text: 'a.achievedPerSec >= 1900', value: 1_950.2, held: true },
      { text: 'a.stalled.count == 0', value: 0, held: true },
      { text: 'b.unsent == 0', value: null, held: null },
    ];
    const text = renderSummary(summary({ verdict: { ...verdict, criteria } }), plain);
    for (const value of [
      'measured 1.24 ms',
      'measured 0.4 %',
      'measured 1,950/s',
      'measured 0\n',
      'not measured',
    ]) {
      expect(text).toContain(value);
    }
  });

  it('leaves out what was not measured', () => {
    const bare = armSummary({ firstByteUs: NOTHING, totalUs: NOTHING });
    const text = renderSummary(summary({ arms: { bare }, latenessUs: NOTHING }), plain);
    expect(text).toContain('handshake');
    for (const absent of ['first byte', 'total', 'lateness', 'healed', 'slow', 'endpoint', 'results']) {
      expect(text).not.toContain(absent);
    }
  });

  it('says where stalls were inferred from time alone', () => {
    const { run } = summary();
    const text = renderSummary(summary({ run: { ...run, stallsByTcpInfo: false } }), plain);
    expect(text).toContain('stalls inferred from time only');
  });

  it.each([72, 80, 100, 300])('keeps within %d columns and within 98', (width) => {
    const { verdict } = summary();
    const reasons = [
      'a long reason of many words that goes on and on until it has to be broken, and then some more of it',
    ];
    const text = renderSummary(
      summary({
        arms: { stress: { ...STALLING, endpoints: {} } },
        verdict: { ...verdict, criteria: [], reasons },
      }),
      { colour: false, width },
    );
    const longest = Math.max(
      ...text
        .split('\n')
        .slice(1)
        .map((line) => line.length),
    );
    expect(longest).toBeLessThanOrEqual(Math.min(98, width));
  });

  it('is plain ASCII without colour, and the same text with it', () => {
    const shown = summary({ arms: { stress: STALLING } });
    const text = renderSummary(shown, plain);
    const coloured = renderSummary(shown, { ...plain, colour: true });
    expect(text).toMatch(/^[\x20-\x7e\n]*$/);
    expect(coloured).not.toBe(text);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what colours a terminal starts with one
    expect(coloured.replace(/\x1b\[\d+m/g, '')).toBe(text);
  });

  it('lists what happened to this machine, and how many seconds it cost', () => {
    const happened = (seconds: object) => {
      const wholeness = { seconds: 60, missingSec: 0, setAsideSec: 0, events: [], ...seconds };
      const run = renderSummary(summary({ session: wholeness }), plain);
      const soak = { ...wholeness, windows: 1, windowSec: 60 };
      expect(renderSummary(summary({ soak }), plain)).toBe(run);
      return run.split('\n').filter((line) => line.startsWith('events'));
    };
    const kinds = [
      { kind: 'link-down', count: 2 },
      { kind: 'resumed', count: 1 },
    ];
    expect(happened({ setAsideSec: 12, missingSec: 7, events: kinds })).toEqual([
      'events      link-down (2 times), resumed, 12 of 60 s excluded, 7 s missing',
    ]);
    expect(happened({ events: [{ kind: 'clock-stepped', count: 1 }] })).toEqual([
      'events      clock-stepped',
    ]);
    expect(
      happened({
        events: [
          { kind: 'begun', count: 1 },
          { kind: 'ended', count: 1 },
        ],
      }),
    ).toEqual([]);
  });
});
