import fc from 'fast-check';
import { expect, it } from 'vitest';
import { TextSearch } from '../../../src/engine/http/content-check.ts';

it('finds what is there, however the bytes come in pieces, and nothing else', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1, maxLength: 6 });
  const pieces = fc.array(fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 9 }), { maxLength: 8 });
  fc.assert(
    fc.property(fc.array(letters, { minLength: 1, maxLength: 3 }), pieces, (texts, parts) => {
      const search = new TextSearch(texts.map((text) => Buffer.from(text)));
      for (const part of parts) {
        const bytes = Buffer.from(`..${part}.`);
        search.take(bytes, 2, 2 + part.length);
      }
      const whole = parts.join('');
      expect(texts.map((_, index) => search.found(index))).toEqual(texts.map((text) => whole.includes(text)));
    }),
  );
});
