import { expect, it } from 'vitest';
import { Undo } from '../../src/session/undo.ts';

it('what was done is taken back once, the latest first, whatever becomes of one step', async () => {
  const undo = new Undo();
  const taken: string[] = [];
  const step = (name: string, fault?: Error) => async () => {
    taken.push(name);
    if (fault !== undefined) throw fault;
  };
  undo.push(step('first'));
  undo.push(step('second', new Error('later')));
  undo.push(step('third', new Error('cause')));
  await expect(undo.run()).rejects.toThrow('cause');
  expect(taken).toEqual(['third', 'second', 'first']);
  await undo.run();
  expect(taken).toHaveLength(3);
});
