import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../src/errors.ts';
import { pathForUnit, plainForUnit, quoteForShell, quoteForUnit } from '../../src/service/quote.ts';

/** systemd.service(5), "Command lines", for one quoted word: quotes, escapes, then specifiers and variables. */
function readAsSystemd(word: string): string {
  const inner = word.startsWith('"') ? word.slice(1, -1).replace(/\\([\\"])/g, '$1') : word;
  expect(inner.replace(/%%|\$\$/g, '')).not.toMatch(/[%$]/);
  return inner.replaceAll('%%', '%').replaceAll('$$', '$');
}

const printable = fc.string({ unit: 'grapheme', maxLength: 40 }).filter((text) => !/\p{Cc}/u.test(text));

describe('an argument in a unit', () => {
  it.each([
    ['steady', 'steady'],
    ['http://10.0.0.9/', 'http://10.0.0.9/'],
    ['', '""'],
    ['two words', '"two words"'],
    ['100%', '"100%%"'],
    ['$HOME', '"$$HOME"'],
    ['a\\b"c', '"a\\\\b\\"c"'],
    [';', '";"'],
    ["it's", '"it\'s"'],
  ])('%j is written %s', (text, quoted) => {
    expect(quoteForUnit(text)).toBe(quoted);
  });

  it('is read back as it was, whatever it is', () => {
    fc.assert(
      fc.property(printable, (text) => {
        expect(readAsSystemd(quoteForUnit(text))).toBe(text);
      }),
    );
  });

  it('cannot be one with a line feed, which would begin a setting of its own', () => {
    const sneaky = 'x\nExecStartPre=+/bin/sh';
    for (const quote of [quoteForUnit, plainForUnit, pathForUnit, quoteForShell]) {
      expect(() => quote(sneaky)).toThrow(UsageError);
    }
  });
});

describe('an argument for a shell', () => {
  it('is read back as it was, whatever it is', () => {
    const texts = fc.sample(printable, { numRuns: 200, seed: 7 });
    const script = `printf '%s\\n' ${texts.map(quoteForShell).join(' ')}`;
    expect(execFileSync('/bin/sh', ['-c', script], { encoding: 'utf8' }).split('\n').slice(0, -1)).toEqual(
      texts,
    );
  });
});
