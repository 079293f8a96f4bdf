import { constants } from 'node:os';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AttemptRecord } from '../../src/engine/types.ts';
import { emptyCounts } from '../../src/metrics/counts.ts';
import { Recorder } from '../../src/metrics/recorder.ts';
import type { Frame, SeriesCounts } from '../../src/metrics/types.ts';
import { play, recorderOf, recordOf, refusedLocally, STRESS, unestablished } from './attempts.ts';
import { decodeHistogram } from './decode.ts';

const { errno } = constants;

describe('counting attempts', () => {
  it('counts one that went well', () => {
    const recorder = recorderOf();
    play(recorder, recordOf({ startedAtUs: 250_000, endpoint: 1 }));
    expect(recorder.takeFrame(0, 3).frame).toEqual({
      second: 0,
      open: 3,
      stallsLeftOut: 0,
      series: {
        stress: {
          ...emptyCounts(),
          scheduled: 1,
          started: 1,
          established: 1,
          completed: 1,
          requests: 1,
          bytes: 120,
          firstBegunUs: 250_000,
          lastBegunUs: 250_000,
          lastEndUs: 254_000,
          synRetransmits: { '0': 1 },
          requestRetransmits: { '0': 1 },
          outcomes: { ok: 1 },
          statuses: { '200': 1 },
          endpoints: {
            '10.0.0.1:3128': { started: 0, established: 0, completed: 0, stalled: 0 },
            '10.0.0.2:3128': { started: 1, established: 1, completed: 1, stalled: 0 },
          },
        },
      },
    });
  });

  it('takes a start that this machine refused back out of what was started, everywhere', () => {
    const recorder = recorderOf();
    play(recorder, recordOf());
    play(recorder, refusedLocally('EADDRNOTAVAIL'));
    play(recorder, refusedLocally('EMFILE', { endpoint: 1 }));
    const { stress } = recorder.takeFrame(0, 0).frame.series;
    expect(stress).toMatchObject({
      scheduled: 3,
      started: 1,
      unsent: 2,
      outcomes: { ok: 1, 'local-port-exhausted': 1, 'local-fd-exhausted': 1 },
      // Neither sent a SYN: there is no handshake to count.
      synRetransmits: { '0': 1 },
    });
    expect(stress?.endpoints['10.0.0.1:3128']?.started).toBe(1);
    expect(stress?.endpoints['10.0.0.2:3128']?.started).toBe(0);
  });

  it('counts answers by the error that the proxy named', () => {
    const recorder = recorderOf();
    play(recorder, recordOf({ status: 503, errorName: 'Squid: ERR_CONNECT_FAIL' }));
    play(recorder, recordOf());
    const { errorNames } = recorder.takeFrame(0, 0).frame.series['stress']!;
    expect(errorNames).toEqual({ 'Squid: ERR_CONNECT_FAIL': 1 });
  });

  it('counts a refusal that connect() told at once as the far end’s answer', () => {
    const recorder = recorderOf();
    play(recorder, refusedLocally('ECONNREFUSED', { refusedBy: 'RST' }));
    expect(recorder.takeFrame(0, 0).frame.series['stress']).toMatchObject({
      started: 1,
      unsent: 0,
      outcomes: { 'handshake-refused': 1 },
      refusals: { RST: 1 },
      errorNames: {},
    });
  });

  it('counts what was dropped as scheduled and unsent, and as nothing else', () => {
    const recorder = recorderOf();
    recorder.dropped(0, false, 'unsent-late');
    recorder.dropped(0, false, 'unsent-late');
    recorder.dropped(0, false, 'unsent-open-limit');
    const { frame, histograms } = recorder.takeFrame(0, 0);
    expect(frame.series['stress']).toMatchObject({
      scheduled: 3,
      started: 0,
      unsent: 3,
      outcomes: { 'unsent-late': 2, 'unsent-open-limit': 1 },
    });
    expect(histograms).toEqual({});
  });

  it('keeps scheduled = started + unsent = the sum of outcomes, whatever the mix', () => {
    const kinds: ((at: number) => AttemptRecord | 'unsent-late' | 'unsent-open-limit')[] = [
      (at) => recordOf({ startedAtUs: at }),
      (at) => recordOf({ startedAtUs: at, status: 503 }),
      (at) => recordOf({ startedAtUs: at, phase: 'held', cause: 'eof' }),
      (at) => recordOf({ startedAtUs: at, phase: 'response', cause: 'timeout', firstByteAtUs: -1 }),
      (at) => recordOf({ startedAtUs: at, phase: 'response', cause: 'stopped', respondedAtUs: -1 }),
      (at) => unestablished({ startedAtUs: at, handshakeUs: 5_000_000, synRetransmits: 2 }),
      (at) => unestablished({ startedAtUs: at, handshakeUs: 1_000_000, cause: 'stopped', synRetransmits: 1 }),
      (at) => unestablished({ startedAtUs: at, handshakeUs: 1_000, cause: 'errno', errno: errno.EBADF }),
      (at) => refusedLocally('EADDRNOTAVAIL', { startedAtUs: at }),
      (at) => refusedLocally('ENETUNREACH', { startedAtUs: at }),
      (at) => refusedLocally('ECONNREFUSED', { startedAtUs: at }),
      (at) => refusedLocally('EPIPE', { startedAtUs: at }),
      () => 'unsent-late',
      () => 'unsent-open-limit',
    ];
    const mixes = fc.array(fc.tuple(fc.nat(kinds.length - 1), fc.boolean(), fc.boolean()), { maxLength: 60 });
    fc.assert(
      fc.property(mixes, (mix) => {
        const recorder = recorderOf();
        const frames: Frame[] = [];
        for (const [index, [kind, ramp, cut]] of mix.entries()) {
          const attempt = kinds[kind]!(index * 10_000);
          if (typeof attempt === 'string') recorder.dropped(0, ramp, attempt);
          else {
            recorder.begun(0, ramp, 0, {
              intendedAtUs: attempt.intendedAtUs,
              begunAtUs: attempt.startedAtUs,
            });
            // The second may turn while the attempt is open.
            if (cut) frames.push(recorder.takeFrame(frames.length, 1).frame);
            if (attempt.establishedAtUs >= 0) recorder.established(attempt, ramp);
            recorder.settled(attempt, ramp);
          }
        }
        frames.push(recorder.takeFrame(frames.length, 0).frame);
        const of = (name: keyof SeriesCounts): number =>
          sum(frames.flatMap(({ series }) => Object.values(series).map((counts) => counts[name] as number)));
        const outcomes = frames.flatMap(({ series }) =>
          Object.values(series).flatMap((counts) => Object.values(counts.outcomes)),
        );
        expect(of('scheduled')).toBe(mix.length);
        expect(of('started') + of('unsent')).toBe(mix.length);
        expect(sum(outcomes)).toBe(mix.length);
      }),
      { numRuns: 200 },
    );
  });

  it('starts every second at zero', () => {
    const recorder = recorderOf();
    play(recorder, recordOf({ synRetransmits: 1, establishedAtUs: 2_000_000 }));
    recorder.takeFrame(0, 0);
    expect(recorder.takeFrame(1, 0)).toEqual({
      frame: { second: 1, series: {}, open: 0, stallsLeftOut: 0 },
      histograms: {},
      stalls: [],
    });
  });

  it('carries nothing of a second over into the next, where that has attempts of its own', () => {
    const recorder = recorderOf();
    play(recorder, recordOf({ synRetransmits: 1, establishedAtUs: 2_000_000, endpoint: 1 }));
    play(recorder, recordOf({ status: 503 }));
    recorder.takeFrame(0, 0);
    play(recorder, recordOf({ startedAtUs: 1_250_000 }));
    const alone = recorderOf();
    play(alone, recordOf({ startedAtUs: 1_250_000 }));
    expect(recorder.takeFrame(1, 0)).toEqual(alone.takeFrame(1, 0));
  });

  it('tells arms apart, and of each its ramps', () => {
    const recorder = recorderOf([STRESS, { ...STRESS, name: 'control', endpoints: ['10.0.0.9:80'] }]);
    play(recorder, recordOf({ bytes: 1 }));
    play(recorder, recordOf({ arm: 1, bytes: 10 }));
    play(recorder, recordOf({ bytes: 100, synRetransmits: 1, establishedAtUs: 1_200_000 }), true);
    const { frame, histograms, stalls } = recorder.takeFrame(0, 0);
    const bytes = Object.entries(frame.series).map(([name, counts]) => [name, counts.bytes]);
    expect(bytes).toEqual([
      ['stress', 1],
      ['control', 10],
      ['stress~ramp', 100],
    ]);
    expect(frame.series['stress']).toMatchObject({ recovered: 0, stalledBySecond: {} });
    expect(frame.series['stress~ramp']).toMatchObject({ recovered: 1, stalledBySecond: { '0': 1 } });
    expect(stalls.map(({ series }) => series)).toEqual(['stress~ramp']);
    // 1.2 s, to within the 0.1 % that histograms tell apart.
    expect(decodeHistogram(histograms['stress~ramp.handshake']!).maxValue / 1_200_000).toBeCloseTo(1, 3);
    expect(decodeHistogram(histograms['stress.handshake']!).maxValue).toBe(1_000);
  });
});

describe('what becomes of a handshake', () => {
  const fates = (record: AttemptRecord) => {
    const recorder = recorderOf();
    play(recorder, record);
    const { frame, stalls } = recorder.takeFrame(0, 0);
    const { recovered, frozen, unresolved, healed, slow } = frame.series['stress']!;
    return { counts: { recovered, frozen, unresolved, healed, slow }, stalls };
  };
  const none = { recovered: 0, frozen: 0, unresolved: 0, healed: 0, slow: 0 };

  it('is recovered where it completed after a retransmission', () => {
    const { counts, stalls } = fates(
      recordOf({
        startedAtUs: 3_400_000,
        establishedAtUs: 4_450_000,
        synRetransmits: 1,
        endpoint: 1,
        source: 0,
        sourcePort: 20_001,
      }),
    );
    expect(counts).toEqual({ ...none, recovered: 1 });
    expect(stalls).toEqual([
      {
        series: 'stress',
        atUs: 3_400_000,
        handshakeUs: 1_050_000,
        synRetransmits: 1,
        fate: 'recovered',
        endpoint: '10.0.0.2:3128',
        source: '192.0.2.7:20001',
        reuseAgeMs: null,
        sourceReuseAgeMs: null,
      },
    ]);
  });

  it('is frozen where it never completed', () => {
    const { counts, stalls } = fates(unestablished({ handshakeUs: 10_000_000, synRetransmits: 3 }));
    expect(counts).toEqual({ ...none, frozen: 1 });
    expect(stalls[0]).toMatchObject({ fate: 'frozen', handshakeUs: 10_000_000, source: '' });
  });

  it('is unresolved where the run gave it up first', () => {
    const record = unestablished({ handshakeUs: 1_500_000, synRetransmits: 1, cause: 'stopped' });
    expect(fates(record).counts).toEqual({ ...none, unresolved: 1 });
  });

  it('is healed where a retransmission came soon enough, and no stall', () => {
    const { counts, stalls } = fates(recordOf({ establishedAtUs: 899_999, synRetransmits: 1 }));
    expect(counts).toEqual({ ...none, healed: 1 });
    expect(stalls).toEqual([]);
  });

  it('is slow where nothing was retransmitted, and no stall', () => {
    const { counts, stalls } = fates(recordOf({ establishedAtUs: 900_000, synRetransmits: 0 }));
    expect(counts).toEqual({ ...none, slow: 1 });
    expect(stalls).toEqual([]);
  });

  it('is told by time alone where the system does not count retransmissions', () => {
    const recorder = recorderOf();
    play(recorder, recordOf({ establishedAtUs: 900_000, synRetransmits: -1 }));
    expect(recorder.takeFrame(0, 0).frame.series['stress']).toMatchObject({
      recovered: 1,
      synRetransmits: {},
    });
  });

  it('is measured from the SYN, not from when the attempt was due', () => {
    const late = recordOf({ intendedAtUs: 0, startedAtUs: 5_000_000, synRetransmits: 1 });
    expect(fates(late).counts).toEqual({ ...none, healed: 1 });
  });

  it('belongs to the second in which its SYN was sent, in whichever it turned out', () => {
    const recorder = recorderOf();
    const record = unestablished({ startedAtUs: 1_999_999, handshakeUs: 10_000_000, synRetransmits: 3 });
    recorder.begun(0, false, 0, { intendedAtUs: 1_999_999, begunAtUs: 1_999_999 });
    expect(recorder.takeFrame(1, 1).frame.series['stress']?.stalledBySecond).toEqual({});
    recorder.settled(record, false);
    expect(recorder.takeFrame(11, 0).frame.series['stress']).toMatchObject({
      scheduled: 0,
      started: 0,
      frozen: 1,
      stalledBySecond: { '1': 1 },
    });
  });

  it('counts every stall by endpoint and retransmissions', () => {
    const recorder = recorderOf();
    for (const retransmits of [1, 1, 2]) {
      play(recorder, recordOf({ establishedAtUs: 1_100_000, synRetransmits: retransmits, endpoint: 1 }));
    }
    play(recorder, recordOf({ endpoint: 1 }));
    const stress = recorder.takeFrame(0, 0).frame.series['stress'];
    expect(stress?.synRetransmits).toEqual({ '0': 1, '1': 2, '2': 1 });
    expect(stress?.endpoints['10.0.0.2:3128']).toEqual({
      started: 4,
      established: 4,
      completed: 4,
      stalled: 3,
    });
  });

  describe('of which the path alone tells whether it stalled', () => {
    const patient = { ...STRESS, isSoonOver: true } as const;
    const long = { establishedAtUs: 1_300_000, synRetransmits: 1 };

    it.each([
      ['with TCP timestamps', 1_300_000],
      ['without', 0],
    ])('is judged once the exchange has told, %s', (_what, rttUs) => {
      const recorder = recorderOf([patient]);
      const record = recordOf({ ...long, rttUs, minRttUs: 1_299_000 });
      recorder.begun(0, false, 0, { intendedAtUs: 0, begunAtUs: 0 });
      recorder.established({ ...record, minRttUs: -1 }, false);
      const { frame, histograms } = recorder.takeFrame(1, 1);
      expect(frame.series['stress']).toMatchObject({ established: 1, slow: 0, recovered: 0 });
      expect(histograms).not.toHaveProperty(['stress.rtt']);
      recorder.settled(record, false);
      const later = recorder.takeFrame(2, 0);
      expect(later.frame.series['stress']).toMatchObject({
        slow: 1,
        recovered: 0,
        synRetransmits: { '1': 1 },
      });
      expect(later.histograms).toHaveProperty(['stress.rtt']);
    });

    it('has stalled where the exchange was quick, or told nothing', () => {
      for (const minRttUs of [10_000, -1]) {
        const recorder = recorderOf([patient]);
        play(recorder, recordOf({ ...long, rttUs: 1_300_000, minRttUs }));
        const { frame, stalls } = recorder.takeFrame(2, 0);
        expect(frame.series['stress']).toMatchObject({ recovered: 1, stalledBySecond: { '0': 1 } });
        expect(stalls).toHaveLength(1);
      }
    });

    it('is judged at once where the answer to the second SYN came soon, or nothing will tell', () => {
      for (const [arm, rttUs] of [
        [patient, 300],
        [STRESS, 1_300_000],
      ] as const) {
        const recorder = recorderOf([arm]);
        recorder.begun(0, false, 0, { intendedAtUs: 0, begunAtUs: 0 });
        recorder.established(recordOf({ ...long, rttUs }), false);
        expect(recorder.takeFrame(1, 1).frame.series['stress']).toMatchObject({ recovered: 1 });
      }
    });
  });

  it('counts requests that were sent again apart from those of which nothing is known', () => {
    const recorder = recorderOf();
    for (const requestRetransmits of [0, 0, 2, -1, 500]) play(recorder, recordOf({ requestRetransmits }));
    const { stress } = recorder.takeFrame(0, 0).frame.series;
    expect(stress?.requestRetransmits).toEqual({ '0': 2, '2': 1, '131': 1 });
    play(recorder, recordOf({ requestRetransmits: -1 }));
    expect(recorder.takeFrame(1, 0).frame.series['stress']?.requestRetransmits).toEqual({});
  });

  it('names what unexpected content lacked, and nothing of a status that is wrong by itself', () => {
    const recorder = recorderOf();
    const unmet = ['contains "Welcome"', 'bytes 100..5000'];
    play(recorder, recordOf({ unmet }));
    play(recorder, recordOf({ unmet: unmet.slice(1) }));
    play(recorder, recordOf({ unmet, status: 503 }));
    const { stress } = recorder.takeFrame(0, 0).frame.series;
    expect(stress?.unmetContent).toEqual({ 'contains "Welcome"': 1, 'bytes 100..5000': 2 });
    expect(stress?.outcomes).toEqual({ 'unexpected-content': 2, 'unexpected-status': 1 });
  });

  it('counts the errors that proxies name to browsers, answer by answer', () => {
    const recorder = recorderOf([{ ...STRESS, isOfBrowsers: true }]);
    recorder.answered(0, 503, 'Squid: ERR_CONNECT_FAIL');
    recorder.answered(0, 200, '');
    const { stress } = recorder.takeFrame(0, 0).frame.series;
    expect(stress).toMatchObject({
      statuses: { '200': 1, '503': 1 },
      errorNames: { 'Squid: ERR_CONNECT_FAIL': 1 },
    });
  });

  it('keeps no more stalls one by one than it was told to, and counts the others', () => {
    const recorder = new Recorder({ arms: [STRESS], maxStallsPerFrame: 2 });
    const stall = (at: number) => {
      const times = { startedAtUs: at, establishedAtUs: at + 1_000_000 };
      play(recorder, recordOf({ ...times, synRetransmits: 1 }));
    };
    for (const at of [1, 2, 3, 4, 5]) stall(at);
    const first = recorder.takeFrame(0, 0);
    expect(first.stalls.map(({ atUs }) => atUs)).toEqual([1, 2]);
    expect(first.frame.stallsLeftOut).toBe(3);
    expect(first.frame.series['stress']?.recovered).toBe(5);
    stall(6);
    const second = recorder.takeFrame(1, 0);
    expect(second.stalls.map(({ atUs }) => atUs)).toEqual([6]);
    expect(second.frame.stallsLeftOut).toBe(0);
  });
});

describe('timing', () => {
  it('counts from when the attempt was due, and in the -service twins from when it was started', () => {
    const recorder = recorderOf();
    play(
      recorder,
      recordOf({
        intendedAtUs: 100,
        startedAtUs: 300,
        establishedAtUs: 700,
        firstByteAtUs: 1_100,
        respondedAtUs: 1_900,
        endedAtUs: 2_000,
      }),
    );
    const { histograms } = recorder.takeFrame(0, 0);
    const values = Object.entries(histograms).map(([tag, encoded]) => {
      const { totalCount, maxValue } = decodeHistogram(encoded);
      return [tag, totalCount, maxValue];
    });
    expect(values.sort()).toEqual([
      ['lateness', 1, 200],
      ['stress.firstByte', 1, 1_000],
      ['stress.firstByte-service', 1, 800],
      ['stress.handshake', 1, 600],
      ['stress.handshake-service', 1, 400],
      ['stress.rtt', 1, 300],
      ['stress.total', 1, 1_800],
      ['stress.total-service', 1, 1_600],
    ]);
  });

  it('does not time how late an attempt of a closed loop began, which is due at no time', () => {
    const recorder = recorderOf([{ ...STRESS, isUndue: true }]);
    play(recorder, recordOf());
    expect(recorder.takeFrame(0, 0).histograms).not.toHaveProperty('lateness');
  });

  it('times only what happened: a total only where the outcome is ok', () => {
    const recorder = recorderOf();
    play(recorder, recordOf({ status: 503 }));
    play(recorder, unestablished({ handshakeUs: 5_000_000, synRetransmits: 2 }));
    play(recorder, refusedLocally('EMFILE'));
    const { histograms } = recorder.takeFrame(0, 0);
    const counts = Object.entries(histograms).map(([tag, text]) => [tag, decodeHistogram(text).totalCount]);
    expect(Object.fromEntries(counts)).toEqual({
      'stress.handshake': 1,
      'stress.handshake-service': 1,
      'stress.rtt': 1,
      'stress.firstByte': 1,
      'stress.firstByte-service': 1,
      lateness: 3,
    });
  });

  it('takes the handshake for the total where nothing was sent', () => {
    const recorder = recorderOf([{ ...STRESS, expect: { kind: 'established' } }]);
    play(recorder, recordOf({ establishedAtUs: 650, firstByteAtUs: -1, respondedAtUs: -1, status: 0 }));
    const { histograms } = recorder.takeFrame(0, 0);
    expect(decodeHistogram(histograms['stress.total']!).maxValue).toBe(650);
  });

  it('notes at which age a held connection was cut', () => {
    const recorder = recorderOf();
    const cut = { phase: 'held', cause: 'errno', errno: errno.ECONNRESET } as const;
    play(recorder, recordOf({ ...cut, establishedAtUs: 1_000, endedAtUs: 2_001_000 }));
    const { frame, histograms } = recorder.takeFrame(0, 0);
    expect(frame.series['stress']?.outcomes).toEqual({ 'held-cut': 1 });
    expect(frame.series['stress']?.cuts).toEqual({ RST: 1 });
    expect(frame.series['stress']?.byProofAge).toEqual({});
    expect(decodeHistogram(histograms['stress.cutAge']!).maxValue / 2_000_000).toBeCloseTo(1, 3);
  });

  it('counts what became of held connections by the age at which they were asked, and by how they were cut', () => {
    const recorder = recorderOf();
    const asked = (proofAgeUs: number, changes: Partial<AttemptRecord> = {}) =>
      play(
        recorder,
        recordOf({ proofAgeUs, provedAtUs: proofAgeUs, endedAtUs: proofAgeUs + 20, ...changes }),
      );
    const cut = { phase: 'held', cause: 'errno' } as const;
    asked(30_000_000);
    asked(30_000_000);
    asked(60_000_000, { ...cut, errno: errno.ETIMEDOUT });
    asked(60_000_000, { ...cut, errno: errno.ETIMEDOUT });
    asked(60_000_000, { ...cut, errno: errno.ECONNRESET });
    asked(60_000_000);
    // Given up while it was being asked: nobody knows.
    asked(60_000_000, { phase: 'held', cause: 'stopped' });
    play(recorder, recordOf({ phase: 'held', cause: 'eof', endedAtUs: 5_000_000 }));
    const { frame, histograms } = recorder.takeFrame(0, 0);
    expect(frame.series['stress']).toMatchObject({
      outcomes: { ok: 3, 'held-cut': 4, abandoned: 1 },
      cuts: { silence: 2, RST: 1, FIN: 1 },
      byProofAge: {
        '30000': { alive: 2, cuts: {} },
        '60000': { alive: 1, cuts: { silence: 2, RST: 1 } },
      },
    });
    // When it was cut that a keep-alive found cut, nobody knows either.
    expect(decodeHistogram(histograms['stress.cutAge']!).totalCount).toBe(1);
    expect(recorder.takeFrame(1, 0).frame.series).toEqual({});
  });
});

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
