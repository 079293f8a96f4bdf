import { describe, expect, it } from 'vitest';
import type { Noted } from '../../src/session/event-log.ts';
import { DiskWatch } from '../../src/session/recorder.ts';

function watchDisk() {
  const told: (Partial<Noted> & { ended?: number })[] = [];
  const disk = new DiskWatch({
    add: ({ kind, fromSec, toSec, setsAside }) => told.push({ kind, fromSec, toSec, setsAside }),
    end: (ended, toSec) => told.push({ ended, toSec }),
  });
  return { disk, told };
}

describe('a disk', () => {
  it('that takes every second is no event', () => {
    const { disk, told } = watchDisk();
    for (const second of [0, 1, 2]) disk.check(second, 0);
    expect(told).toEqual([]);
  });

  it('is noted once where it takes nothing, until it does, and again the next time; nothing is set aside', () => {
    const { disk, told } = watchDisk();
    [0, 1, 2, 2, 2, 3, 3].forEach((failures, second) => {
      disk.check(second, failures);
    });
    expect(told).toEqual([
      { kind: 'disk-full', fromSec: 1, toSec: null, setsAside: false },
      { ended: 1, toSec: 3 },
      { kind: 'disk-full', fromSec: 5, toSec: null, setsAside: false },
      { ended: 3, toSec: 6 },
    ]);
  });
});
