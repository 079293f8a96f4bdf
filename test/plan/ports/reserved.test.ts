import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  hasAllListening,
  parseListeningPorts,
  parseReservedPorts,
  subtractPorts,
} from '../../../src/plan/ports/reserved.ts';

/** As a kernel 6.18 wrote it; the second line listens, the third is a client in TIME_WAIT. */
const TCP = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1894 1 0000000000000000 100 0 0 10 0
   1: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000   101        0 2001 1 0000000000000000 100 0 0 10 5
   2: 0100007F:9C41 0100007F:1F90 06 00000000:00000000 03:00000F3A 00000000     0        0 0 3 0000000000000000
  10: 0100007F:9C42 0100007F:000A 01 00000000:00000000 00:00000000 00000000     0        0 2417 1 0000000000000000 20 4 30 10 -1
`;
const TCP6 = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000000000000000000001000000:0CEA 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1895 1 0000000000000000 100 0 0 10 0
   1: 00000000000000000000000000000000:1F90 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000   101        0 2002 1 0000000000000000 100 0 0 10 0
`;

describe('ip_local_reserved_ports', () => {
  it.each([
    ['\n', []],
    ['8080\n', [{ from: 8_080, to: 8_080 }]],
    [
      '8080,9148-9150\n',
      [
        { from: 8_080, to: 8_080 },
        { from: 9_148, to: 9_150 },
      ],
    ],
  ])('%j', (text, ranges) => {
    expect(parseReservedPorts(text)).toEqual(ranges);
  });
});

describe('listening ports', () => {
  it('are read from /proc/net/tcp, and no others', () => {
    expect(parseListeningPorts(TCP)).toEqual([22, 8_080]);
  });

  it('are read from /proc/net/tcp6, and each counts once', () => {
    expect(parseListeningPorts(TCP6)).toEqual([3_306, 8_080]);
    expect(parseListeningPorts(TCP + TCP6)).toEqual([22, 3_306, 8_080]);
  });

  it('are none where there is nothing to read', () => {
    expect(parseListeningPorts('')).toEqual([]);
  });

  it('are all there once a line of another state is, were it cut after that', () => {
    const until = (word: string): string => TCP.slice(0, TCP.indexOf(word));
    expect(hasAllListening(TCP)).toBe(true);
    expect(hasAllListening(until(' 00000000:00000000 03:'))).toBe(false);
    expect(hasAllListening(until('00000000:00000000 03:'))).toBe(true);
    expect(hasAllListening(TCP6)).toBe(false);
  });

  it.runIf(process.platform === 'linux')('include one that this very process listens on', async () => {
    const server = createServer();
    const port = await new Promise<number>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', () => {
        const address = server.address();
        resolve(typeof address === 'object' && address !== null ? address.port : 0);
      });
    });
    try {
      expect(parseListeningPorts(readFileSync('/proc/self/net/tcp', 'utf8'))).toContain(port);
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });
});

describe('what is left of a range', () => {
  it('is all of it where nothing is taken', () => {
    expect(subtractPorts({ from: 5, to: 9 }, [])).toEqual([{ from: 5, to: 9 }]);
  });

  it('is nothing where all is taken', () => {
    expect(subtractPorts({ from: 5, to: 9 }, [{ from: 1, to: 9 }])).toEqual([]);
  });

  it('is exactly the ports that no other range holds, ascending', () => {
    const anyRange = fc
      .tuple(fc.integer({ min: 1, max: 60 }), fc.nat({ max: 12 }))
      .map(([from, more]) => ({ from, to: from + more }));
    fc.assert(
      fc.property(anyRange, fc.array(anyRange, { maxLength: 6 }), (range, blocked) => {
        const list = ({ from, to }: { from: number; to: number }) =>
          Array.from({ length: to - from + 1 }, (_, offset) => from + offset);
        const taken = new Set(blocked.flatMap(list));
        const left = subtractPorts(range, blocked);
        expect(left.flatMap(list)).toEqual(list(range).filter((port) => !taken.has(port)));
        expect(left.every(({ from, to }) => from <= to)).toBe(true);
      }),
    );
  });
});
