import { describe, expect, it } from 'vitest';
import { diagnose } from '../../../src/analysis/causes/diagnose.ts';
import type { CauseId } from '../../../src/analysis/causes/index.ts';
import type { Observations } from '../../../src/analysis/observations/types.ts';
import { readCell, withoutArms, withoutFar } from './read-cell.ts';

interface Cell {
  readonly name: string;
  readonly cause: CauseId;
  /** What decides, and the same observations without it. */
  readonly decidedBy: string;
  without(seen: Observations): Observations;
}

/** Runs in real labs: `npm run confusion -- --keep`, then bench/confusion/fixture.mjs. */
const CELLS: readonly Cell[] = [
  {
    ...{ name: 'early-reuse', cause: 'early-reuse' },
    ...{ decidedBy: 'the bare ACKs that the far side was seen to answer', without: withoutFar },
  },
  {
    ...{ name: 'accept-queue', cause: 'accept-queue' },
    ...{ decidedBy: "the far end's ListenOverflows", without: withoutFar },
  },
  {
    ...{ name: 'pre-answered', cause: 'pre-answered', decidedBy: 'a second closed port' },
    without: (seen) => withoutArms(seen, ['closed-79', 'closed-79-2']),
  },
  {
    ...{ name: 'idle-forgotten', cause: 'idle-forgotten' },
    ...{ decidedBy: 'connections that were opened at different times', without: openedAtOnce },
  },
  {
    ...{ name: 'age-limit', cause: 'age-limit' },
    ...{ decidedBy: 'connections that were opened at different times', without: openedAtOnce },
  },
];

/** The same, as if all connections of an arm had been opened in the same moment: an event looks like a timer then. */
function openedAtOnce(seen: Observations): Observations {
  const arms = seen.arms.map((arm) => {
    const { counts, bySecond } = arm.series;
    return { ...arm, series: { bySecond, counts: { ...counts, lastBegunUs: counts.firstBegunUs } } };
  });
  return { ...seen, arms };
}

/** The machine was busy with other work when some of these were recorded: what is tested is the weighing of what was seen. */
function see(name: string): Observations {
  return { ...readCell(name), generatorLimited: false };
}

function namedOf(seen: Observations): string[] {
  return diagnose(seen).causes.flatMap(({ id, status }) => (status === 'named' ? [id] : []));
}

describe.each(CELLS)('$cause in a lab', ({ name, cause, decidedBy, without }) => {
  it('is named', () => {
    const { verdict, text } = diagnose(see(name));
    expect({ verdict, named: namedOf(see(name)), text }).toMatchObject({ verdict: 'named', named: [cause] });
  });

  it(`is one of several without ${decidedBy}`, () => {
    const { verdict, text, causes } = diagnose(without(see(name)));
    expect({ verdict, text }).toMatchObject({ verdict: 'cannot-tell' });
    expect(causes.find(({ id }) => id === cause)?.status).toBe('possible');
  });

  it('is never taken for another, whatever is missing', () => {
    const seen = see(name);
    const fewer: Observations[] = [
      ...seen.arms.map((arm) => withoutArms(seen, [arm.name])),
      ...seen.arms.map((arm) => withoutArms(withoutFar(seen), [arm.name])),
      ...[withoutFar(seen), { ...seen, near: undefined }, { ...seen, far: undefined }],
      ...[
        { ...seen, both: undefined },
        { ...seen, findings: [] },
        { ...seen, pings: undefined },
      ],
    ];
    for (const one of fewer) expect(namedOf(one).filter((id) => id !== cause)).toEqual([]);
  });
});
