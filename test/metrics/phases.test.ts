import { describe, expect, it } from 'vitest';
import type { AttemptRecord } from '../../src/engine/types.ts';
import { play, recorderOf, recordOf } from './attempts.ts';
import { decodeHistogram } from './decode.ts';

const AT_MS = 1_000;

/** Milliseconds since the SYN. */
function legs(changes: Partial<AttemptRecord>) {
  const recorder = recorderOf();
  play(recorder, recordOf({ establishedAtUs: 1 * AT_MS, ...changes }));
  const { frame, histograms } = recorder.takeFrame(0, 0);
  const timeMs = (what: string): number | undefined => {
    const encoded = histograms[`stress.${what}`];
    return encoded === undefined ? undefined : Math.round(decodeHistogram(encoded).maxValue / AT_MS);
  };
  return { counts: frame.series['stress']!, timeMs };
}

describe('the legs between handshake and response', () => {
  it('are not there for an attempt that had none', () => {
    const { counts, timeMs } = legs({});
    expect(counts).toMatchObject({ requests: 1, challenges: 0 });
    expect(['challenge', 'tunnel', 'tls'].map(timeMs)).toEqual([undefined, undefined, undefined]);
  });

  it('time a challenge from the request that it answered', () => {
    const { counts, timeMs } = legs({ challengedAtUs: 8 * AT_MS, respondedAtUs: 20 * AT_MS });
    expect(counts.challenges).toBe(1);
    expect(timeMs('challenge')).toBe(7);
  });

  it('time the tunnel from the CONNECT that opened it, and TLS from the tunnel', () => {
    const through = legs({
      challengedAtUs: 5 * AT_MS,
      tunnelledAtUs: 11 * AT_MS,
      securedAtUs: 20 * AT_MS,
      respondedAtUs: 30 * AT_MS,
    });
    expect(through.timeMs('challenge')).toBe(4);
    expect(through.timeMs('tunnel')).toBe(6);
    expect(through.timeMs('tls')).toBe(9);
  });

  it('time what an origin behind TLS asks from when TLS stood', () => {
    const { timeMs } = legs({ securedAtUs: 10 * AT_MS, challengedAtUs: 13 * AT_MS });
    expect(timeMs('tls')).toBe(9);
    expect(timeMs('challenge')).toBe(3);
  });

  it('count refused credentials as a challenge of their own', () => {
    const denied = { phase: 'response', cause: 'denied', status: 407 } as const;
    expect(legs({ ...denied, challengedAtUs: 8 * AT_MS }).counts).toMatchObject({
      challenges: 2,
      requests: 1,
      outcomes: { 'auth-denied': 1 },
    });
    expect(legs(denied).counts.challenges).toBe(1);
  });
});

describe('a connection of a browser that was open before anything was asked on it', () => {
  it('took only as long as something was waited for', () => {
    const recorder = recorderOf();
    play(
      recorder,
      recordOf({ unaskedUs: 7_000 * AT_MS, firstByteAtUs: 7_002 * AT_MS, respondedAtUs: 7_003 * AT_MS }),
    );
    const { histograms } = recorder.takeFrame(0, 0);
    const longestMs = (tag: string): number => Math.round(decodeHistogram(histograms[tag]!).maxValue / AT_MS);
    for (const kind of ['', '-service']) {
      expect(longestMs(`stress.firstByte${kind}`)).toBe(2);
      expect(longestMs(`stress.total${kind}`)).toBe(3);
    }
  });
});

describe('a connection that another carries on', () => {
  it('is no request, and its time counts for the one that carries on', () => {
    const recorder = recorderOf();
    const closed = recordOf({
      challengedAtUs: 5 * AT_MS,
      endedAtUs: 6 * AT_MS,
      respondedAtUs: -1,
      phase: 'response',
      cause: 'challenged',
      status: 407,
    });
    play(recorder, closed);
    const second = recordOf({ startedAtUs: 6 * AT_MS, respondedAtUs: 16 * AT_MS, endedAtUs: 16 * AT_MS });
    recorder.begun(0, false, 0, { intendedAtUs: second.intendedAtUs, begunAtUs: second.startedAtUs });
    recorder.established(second, false);
    recorder.settled(second, false, undefined, { sinceIntendedUs: 6 * AT_MS, sinceStartedUs: 5 * AT_MS });
    const { frame, histograms } = recorder.takeFrame(0, 0);
    expect(frame.series['stress']).toMatchObject({
      scheduled: 2,
      started: 2,
      completed: 1,
      requests: 1,
      challenges: 1,
      outcomes: { ok: 1, 'proxy-closed-after-407': 1 },
    });
    const longestMs = (tag: string): number => Math.round(decodeHistogram(histograms[tag]!).maxValue / AT_MS);
    expect(longestMs('stress.total')).toBe(16);
    expect(longestMs('stress.total-service')).toBe(15);
    // Its handshake was due when the first connection had ended, and not before.
    expect(longestMs('stress.handshake')).toBe(1);
  });
});
