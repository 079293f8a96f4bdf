import { expect, it } from 'vitest';
import * as z from 'zod';
import { guardOf, schemaOf, some } from '../../src/store/shapes.ts';

interface Reading {
  readonly id: string;
  readonly perSec?: readonly number[];
}

it('a schema for a type tells its values from others', () => {
  const isReading = guardOf(
    schemaOf<Reading>()(some({ id: z.string(), perSec: z.array(z.number()).optional() })),
  );
  expect([{ id: 'a' }, { id: 'a', perSec: [1] }, { id: 1 }, { perSec: [1] }].map(isReading)).toEqual([
    ...[true, true],
    ...[false, false],
  ]);
});

it('a schema that refuses values of its type does not compile', () => {
  // @ts-expect-error a field of another type
  const typed = schemaOf<Reading>()(some({ id: z.number() }));
  // @ts-expect-error a field that the type may leave out
  const required = schemaOf<Reading>()(some({ id: z.string(), perSec: z.array(z.number()) }));
  // @ts-expect-error a field that the type does not have
  const renamed = schemaOf<Reading>()(some({ name: z.string() }));
  for (const schema of [typed, required, renamed]) expect(guardOf(schema)({ id: 'a' })).toBe(false);
});
