import { describe, expect, it } from 'vitest';
import { wasHangupIgnored } from '../../src/cli/hangup.ts';

const none = { env: {}, parentStatus: undefined, stdin: undefined };
const statusWith = (mask: string) => `Name:\tsh\nSigBlk:\t0000000000000000\nSigIgn:\t${mask}\nSigCgt:\t0\n`;

describe('that SIGHUP was ignored when this began', () => {
  it('is not taken for so without a sign of it', () => {
    expect(wasHangupIgnored(none)).toBe(false);
    const stdin = { target: '/dev/pts/3', info: 'pos:\t0\nflags:\t0100002\n' };
    const parentStatus = statusWith('0000000000001006');
    expect(wasHangupIgnored({ env: { _: '/usr/bin/node' }, parentStatus, stdin })).toBe(false);
    // Of a background job, which reads nothing.
    const reading = { target: '/dev/null', info: 'pos:\t0\nflags:\t0100000\n' };
    expect(wasHangupIgnored({ ...none, stdin: reading })).toBe(false);
  });

  it('is told by the shell that started nohup', () => {
    expect(wasHangupIgnored({ ...none, env: { _: '/usr/bin/nohup' } })).toBe(true);
  });

  it('is told by a script that ignores it itself', () => {
    expect(wasHangupIgnored({ ...none, parentStatus: statusWith('0000000000001001') })).toBe(true);
  });

  it('is told by the standard input that nohup gives', () => {
    const stdin = { target: '/dev/null', info: 'pos:\t0\nflags:\t0100001\nmnt_id:\t25\n' };
    expect(wasHangupIgnored({ ...none, stdin })).toBe(true);
  });
});
