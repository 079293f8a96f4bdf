import { describe, expect, it } from 'vitest';
import { DEFAULT_STALL_AFTER_US, type HandshakeVerdict, judgeHandshake } from '../../src/outcome/stall.ts';

const LONG = DEFAULT_STALL_AFTER_US;
const SHORT = DEFAULT_STALL_AFTER_US - 1;

type Row = readonly [
  why: string,
  handshakeUs: number,
  synRetransmits: number,
  end: 'established' | 'failed' | 'stopped',
  fate: HandshakeVerdict,
];

const ROWS: readonly Row[] = [
  ['quick, nothing lost', SHORT, 0, 'established', 'prompt'],
  ['quick refusal', SHORT, 0, 'failed', 'prompt'],
  ['quick refusal of a retransmitted SYN', SHORT, 1, 'failed', 'prompt'],
  ['quick, though retransmitted', SHORT, 1, 'established', 'healed'],
  ['long without a retransmission', LONG, 0, 'established', 'slow'],
  ['long without a retransmission, then refused', LONG, 0, 'failed', 'slow'],
  ['long by a retransmission, then complete', LONG, 1, 'established', 'recovered'],
  ['long by many, then complete', LONG, 6, 'established', 'recovered'],
  ['never complete', LONG, 3, 'failed', 'frozen'],
  ['given up by us while it stalled', LONG, 3, 'stopped', 'unresolved'],
  ['given up by us before it could stall', SHORT, 0, 'stopped', 'prompt'],
  ['quick, retransmissions unknown', SHORT, -1, 'established', 'prompt'],
  ['long, retransmissions unknown: time decides', LONG, -1, 'established', 'recovered'],
  ['never complete, retransmissions unknown', LONG, -1, 'failed', 'frozen'],
  ['given up, retransmissions unknown', LONG, -1, 'stopped', 'unresolved'],
];

describe('judgeHandshake', () => {
  it.each(ROWS)('%s', (_why, handshakeUs, synRetransmits, end, fate) => {
    const facts = {
      handshakeUs,
      synRetransmits,
      pathUs: -1,
      established: end === 'established',
      stopped: end === 'stopped',
    };
    expect(judgeHandshake(facts, DEFAULT_STALL_AFTER_US)).toBe(fate);
  });

  it.each([
    ['a path of 1.3 s, on which each SYN is sent again', 1_300_000, 1_300_000, 'slow'],
    ['the same, and the first SYN lost', 2_300_000, 1_300_000, 'recovered'],
    ['a SYN-ACK lost on a short path', 1_010_000, 10_000, 'recovered'],
    ['a path just below a stall', 1_300_000, LONG - 1, 'recovered'],
  ] as const)('goes by what is beyond the path: %s', (_why, handshakeUs, pathUs, fate) => {
    const facts = { handshakeUs, pathUs, synRetransmits: 1, stopped: false };
    expect(judgeHandshake({ ...facts, established: true }, DEFAULT_STALL_AFTER_US)).toBe(fate);
    expect(judgeHandshake({ ...facts, established: false }, DEFAULT_STALL_AFTER_US)).toBe('frozen');
  });

  it('takes the limit that it is given, inclusively', () => {
    const facts = { handshakeUs: 250_000, established: true, stopped: false, synRetransmits: 1, pathUs: -1 };
    expect(judgeHandshake(facts, 250_000)).toBe('recovered');
    expect(judgeHandshake(facts, 250_001)).toBe('healed');
  });
});
