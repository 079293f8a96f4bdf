import { expect, it } from 'vitest';
import { tellSyns } from '../../../src/evidence/match/tell-syns.ts';

type Arguments = Parameters<typeof tellSyns>;

/** A SYN that is answered there by SYN-ACKs at these times, of which the last ones come back. */
function fatesOf(answeredAtUs: readonly number[], returned: number, isInvented = false): string[] {
  const syn = { atUs: 0 };
  const there = answeredAtUs.map((atUs) => ({ atUs, kind: 'syn-ack' }));
  const here = isInvented ? [{ atUs: 5, kind: 'syn-ack' }] : there.slice(there.length - returned);
  const pair = { near: { syns: [syn], answers: here }, far: { syns: [syn], answers: there } };
  const links = {
    ...{ arrived: [syn], returned: new Map(isInvented ? [] : here.map((one) => [one, one])) },
    ...{ sent: new Set(isInvented ? [] : here), invented: new Set(isInvented ? here : []) },
  };
  const clock = { arrivalUs: (us: number) => us, toNearUs: (us: number) => us };
  return tellSyns(
    pair as unknown as Arguments[0],
    links as unknown as Arguments[1],
    clock as unknown as Arguments[2],
  ).map(({ fate }) => fate);
}

it.each([
  ['one, which comes back', [10], 1, 'syn-ack-returned'],
  ['one, which does not', [10], 0, 'syn-ack-lost'],
  ['two, of which the second comes back: the first was lost', [10, 1_000_010], 1, 'syn-ack-lost'],
  ['two that both come back, as a full queue has it', [10, 1_000_010], 2, 'syn-ack-returned'],
] as const)('a SYN is answered by %s', (_, at, returned, fate) => {
  expect(fatesOf(at, returned)).toEqual([fate]);
});

it.each([1, 2])('a SYN that something else answers is, though the far side answers it %i times', (times) => {
  expect(fatesOf([10, 1_000_010].slice(0, times), 0, true)).toEqual(['answered-by-another']);
});
