import { describe, expect, it } from 'vitest';
import { redactCommand } from '../../src/cli/command-line.ts';

describe('redactCommand', () => {
  it.each([
    [
      ['-H', 'Proxy-Authorization: Basic c2VjcmV0'],
      ['-H', 'Proxy-Authorization: [redacted]'],
    ],
    [['-Hcookie: secret=1'], ['-Hcookie: [redacted]']],
    [['--header=Authorization:secret'], ['--header=Authorization: [redacted]']],
    [
      ['--set', 'arms.a.request.headers.Authorization=Bearer secret'],
      ['--set', 'arms.a.request.headers.Authorization=[redacted]'],
    ],
    [['--set=defaults.request.body=secret'], ['--set=defaults.request.body=[redacted]']],
    [
      ['-d', 'secret'],
      ['-d', '[redacted]'],
    ],
    [['-dsecret'], ['-d[redacted]']],
    [['--data=secret'], ['--data=[redacted]']],
    [
      ['-x', 'http://user:secret@10.0.0.5:3128'],
      ['-x', 'http://[redacted]@10.0.0.5:3128'],
    ],
  ])('leaves the secret out of %j', (args, kept) => {
    expect(redactCommand(args)).toEqual(['rushhour', ...kept]);
  });

  it('keeps everything else as it was typed', () => {
    const args = [
      'run',
      'steady',
      '--set',
      'arms.a.close=reset',
      '-H',
      'Accept: a@b',
      '--duration=5s',
      '--dry-run',
      'http://h/p@q',
    ];
    expect(redactCommand(args)).toEqual(['rushhour', ...args]);
  });
});
