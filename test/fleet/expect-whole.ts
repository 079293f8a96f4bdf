import { expect } from 'vitest';
import { EXIT } from '../../src/errors.ts';

/**
 * Fails unless all of a fleet's run arrived, and its probes completed. Others may have kept this machine busy, which leaves
 * no site to judge and bears on no count.
 * @param out what was printed of the run, as a table or as JSON
 */
export function expectWhole({ code, out }: { readonly code: number | null; readonly out: string }): void {
  const isBusy = /generator-limited/i.test(out);
  expect(code === EXIT.generatorLimited && isBusy ? EXIT.ok : code, out).toBe(EXIT.ok);
}
