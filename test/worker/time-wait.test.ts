import { constants } from 'node:os';
import { describe, expect, it } from 'vitest';
import { isInLocalTimeWait } from '../../src/worker/source-port-pool.ts';
import { recordOf, refusedLocally, unestablished } from '../metrics/attempts.ts';

const TIMESTAMPS = 1;
const { errno } = constants;

describe('an address and port after their connection', () => {
  it('are free where the far end closed first', () => {
    expect(isInLocalTimeWait(recordOf({ tcpOptions: 0 }), 'peer')).toBe(false);
    expect(isInLocalTimeWait(recordOf({ tcpOptions: 0, phase: 'held', cause: 'eof' }), 'fin')).toBe(false);
  });

  it('are held where this side closed first, but not where timestamps tell old from new', () => {
    expect(isInLocalTimeWait(recordOf({ tcpOptions: 0 }), 'fin')).toBe(true);
    expect(isInLocalTimeWait(recordOf({ tcpOptions: TIMESTAMPS }), 'fin')).toBe(false);
    expect(isInLocalTimeWait(recordOf({ tcpOptions: -1 }), 'fin')).toBe(true);
  });

  it('are held where the far end has not answered this side’s close', () => {
    const given = { tcpOptions: TIMESTAMPS, phase: 'response', cause: 'timeout' } as const;
    expect(isInLocalTimeWait(recordOf(given), 'peer')).toBe(true);
    expect(isInLocalTimeWait(recordOf({ ...given, phase: 'closing' }), 'peer')).toBe(true);
  });

  it('are free after an RST by either side', () => {
    expect(isInLocalTimeWait(recordOf({ tcpOptions: 0 }), 'reset')).toBe(false);
    const reset = { tcpOptions: 0, phase: 'response', cause: 'errno', errno: errno.ECONNRESET } as const;
    expect(isInLocalTimeWait(recordOf(reset), 'fin')).toBe(false);
  });

  it('are free where no connection came about', () => {
    expect(isInLocalTimeWait(unestablished({ handshakeUs: 10_000_000 }), 'fin')).toBe(false);
    expect(isInLocalTimeWait(refusedLocally('EADDRINUSE'), 'fin')).toBe(false);
  });
});
