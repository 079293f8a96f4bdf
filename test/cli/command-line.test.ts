import { describe, expect, it } from 'vitest';
import { redactCommand, redactedTitle } from '../../src/cli/command-line.ts';

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
    [
      ['-U', 'bob:secret'],
      ['-U', '[redacted]'],
    ],
    [['-Ubob:secret'], ['-U[redacted]']],
    [
      ['-kpU', 'bob:secret'],
      ['-kpU', '[redacted]'],
    ],
    [['-kubob:secret'], ['-ku[redacted]']],
    [
      ['--proxy-user', 'secret'],
      ['--proxy-user', '[redacted]'],
    ],
    [['--user=bob:secret'], ['--user=[redacted]']],
    [
      ['--sink-token', 'secret'],
      ['--sink-token', '[redacted]'],
    ],
    [['--sink-user=bob:secret'], ['--sink-user=[redacted]']],
    [
      ['-U', 'env:not a name, a secret'],
      ['-U', '[redacted]'],
    ],
  ])('leaves the secret out of %j', (args, kept) => {
    expect(redactCommand(args)).toEqual(['rushhour', ...kept]);
  });

  it('keeps references to secrets', () => {
    const args = [
      'hit',
      'http://h/',
      '-U',
      'env:PROXY_USER',
      '--user=@users.csv',
      '--sink-token',
      'env:T',
      '-U',
      ':',
      '-kp',
    ];
    expect(redactCommand(args)).toEqual(['rushhour', ...args]);
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

describe('the name of the process', () => {
  it('is the command line without its secrets, and left alone where there is none', () => {
    expect(redactedTitle(['hit', 'http://h/', '-U', 'bob:secret'])).toBe(
      'rushhour hit http://h/ -U [redacted]',
    );
    expect(redactedTitle(['hit', 'http://h/', '-U', 'env:X'])).toBeUndefined();
  });
});
