import { describe, expect, it } from 'vitest';
import { BrowsingCounter } from '../../src/metrics/browsing-counter.ts';
import { mergeFrames } from '../../src/metrics/merge.ts';
import { recorderOf, recordOf, STRESS, unestablished } from './attempts.ts';

const BROWSERS = { ...STRESS, isOfBrowsers: true as const };

describe('what browsers hold open', () => {
  it('is the most at once of all and of each, whatever is left of it at the end of the second', () => {
    const counter = new BrowsingCounter();
    for (const user of [1, 1, 1, 2]) counter.opened(user);
    for (const user of [1, 1, 2]) counter.closed(user);
    counter.opened(2);
    expect(counter.take()).toEqual({
      browsing: { openMost: 4, openLast: 2 },
      usersByOpen: { '3': 1, '1': 1 },
    });
  });

  it('goes on in a second in which nothing happens, until the last one is closed', () => {
    const counter = new BrowsingCounter();
    counter.opened(7);
    counter.opened(7);
    counter.take();
    expect(counter.take()).toEqual({ browsing: { openMost: 2, openLast: 2 }, usersByOpen: { '2': 1 } });
    counter.closed(7);
    counter.closed(7);
    expect(counter.take()).toEqual({ browsing: { openMost: 2 }, usersByOpen: { '2': 1 } });
    expect(counter.take()).toBeUndefined();
  });

  it('adds up over the workers of a second, as each user is in one of them', () => {
    const frames = [0, 1].map((shard) => {
      const recorder = recorderOf([BROWSERS]);
      for (let connection = 0; connection <= shard; connection += 1) recorder.browsing(0)?.opened(shard);
      return recorder.takeFrame(0, 0).frame;
    });
    expect(mergeFrames(frames).series['stress']).toMatchObject({
      browsing: { openMost: 3, openLast: 3 },
      usersByOpen: { '1': 1, '2': 1 },
    });
  });
});

describe('what is counted of browsers besides', () => {
  const browsingOf = (play: (recorder: ReturnType<typeof recorderOf>) => void) => {
    const recorder = recorderOf([BROWSERS]);
    play(recorder);
    return recorder.takeFrame(0, 0).frame.series['stress']?.browsing;
  };

  it('counts pages, and those that lack something', () => {
    const browsing = browsingOf((recorder) => {
      recorder.pageOver(0, 250_000);
      recorder.pageOver(0, -1);
    });
    expect(browsing).toEqual({ pages: 2, pagesFailed: 1 });
  });

  it('counts connections that never carried a request, and no other', () => {
    const silent = { bytes: 0, firstByteAtUs: -1, respondedAtUs: -1, status: 0 } as const;
    const browsing = browsingOf((recorder) => {
      recorder.settled(recordOf(silent), false);
      recorder.settled(recordOf({ ...silent, phase: 'held', cause: 'stopped' }), false);
      // It was asked something, and nothing came back.
      recorder.settled(recordOf({ ...silent, phase: 'response', cause: 'timeout' }), false);
      recorder.settled(unestablished({ handshakeUs: 5_000_000, synRetransmits: 0, bytes: 0 }), false);
      recorder.settled(recordOf(), false);
    });
    expect(browsing).toEqual({ withoutRequest: 2 });
  });

  it('counts the SYNs of handshakes that stalled', () => {
    const browsing = browsingOf((recorder) => {
      recorder.settled(unestablished({ handshakeUs: 10_000_000, synRetransmits: 6 }), false);
      recorder.established(recordOf({ establishedAtUs: 1_010_000, synRetransmits: 1 }), false);
      recorder.established(recordOf(), false);
    });
    expect(browsing).toEqual({ stalledSyns: 9 });
  });

  it('is not there for other arms', () => {
    const recorder = recorderOf();
    recorder.settled(unestablished({ handshakeUs: 10_000_000, synRetransmits: 6 }), false);
    expect(recorder.browsing(0)).toBeUndefined();
    expect(recorder.takeFrame(0, 0).frame.series['stress']).not.toHaveProperty('browsing');
  });
});
