import { expect, it } from 'vitest';
import { renderLabelled } from '../../src/render/wrap.ts';

it.each([
  ['label', 'label  text'],
  ['a label', 'a label text'],
  ['a long label', 'a long label text'],
])('keeps %s and its text apart, in a column of 7', (label, line) => {
  expect(renderLabelled(label, 'text', 80, 7)).toEqual([line]);
});
