import { describe, expect, it } from 'vitest';
import type { Diagnosis } from '../../src/analysis/types.ts';
import type { SeriesCounts } from '../../src/metrics/types.ts';
import { diagnoseRun } from '../../src/read/diagnosis.ts';
import { readSummary, rebuildSummary } from '../../src/read/summary.ts';
import { renderDiagnosisText } from '../../src/render/diagnosis.ts';
import { renderDiagnosisMarkdown } from '../../src/render/diagnosis-markdown.ts';
import { diagnosisSection } from '../../src/render/report/diagnosis-section.ts';
import type { Side } from '../../src/render/report/sides.ts';
import { fine, frameOf } from '../analysis/parts.ts';
import { makeFolder } from '../store/runs.ts';
import { endSoak, openSoak, push, timesOf } from '../store/soaks.ts';

const PER_SEC = 200;

interface Ill {
  readonly stalled?: number;
  readonly refused?: number;
}

/** A soak of two minutes in windows of 4 s from 01:30:00 on, in which so many of 200 starts fail in each second. */
async function soakOf(ill: (second: number) => Ill): Promise<string> {
  const writer = await openSoak(makeFolder());
  await push(writer, 0, 120, (second) => {
    const { stalled = 0, refused = 0 } = ill(second);
    const good = PER_SEC - stalled - refused;
    const counts: Partial<SeriesCounts> = {
      ...fine(PER_SEC),
      ...{ established: good, completed: good, frozen: stalled },
      outcomes: { ok: good, 'handshake-timeout': stalled, 'handshake-refused': refused },
      stalledBySecond: stalled === 0 ? {} : { [second]: stalled },
    };
    return { frame: frameOf(second, { stress: counts }), histograms: timesOf(second % 4), stalls: [] };
  });
  await writer.closeAll();
  await endSoak(writer);
  return writer.dir;
}

const between = (second: number, from: number, to: number): boolean => second >= from && second < to;

async function diagnosisOf(ill: (second: number) => Ill): Promise<Diagnosis> {
  return (await rebuildSummary(await soakOf(ill))).diagnosis!;
}

describe('the diagnosis of a night', () => {
  it('says when something was ill, and how the rest of the night was', async () => {
    const dir = await soakOf((second) => (between(second, 40, 52) ? { stalled: 40 } : {}));
    const { diagnosis } = await readSummary(dir);
    expect(diagnosis).toMatchObject({
      verdict: 'cannot-tell',
      windows: { count: 30, ill: 3, lengthSec: 4 },
      periods: [
        {
          ...{ fromSec: 40, toSec: 52, windows: 3, verdict: 'cannot-tell' },
          ...{ from: '2025-01-31T01:30:40.000Z', to: '2025-01-31T01:30:52.000Z' },
          ill: [{ arm: 'stress', kind: 'stalled', count: 480, of: 2_400 }],
        },
      ],
    });
    expect(diagnosis!.text).toMatch(
      /This was so from 01:30:40 to 01:30:52 UTC \(3 of 30 windows\)\. In the other 27 windows none of 21,600 handshakes stalled or were refused\.$/,
    );
    // Whoever asks, and however it is shown.
    const { run, diagnosis: asked } = await diagnoseRun(dir);
    expect(asked).toEqual(diagnosis);
    const side = { name: '', run: { summary: await readSummary(dir) } } as unknown as Side;
    for (const shown of [
      renderDiagnosisText(run, asked, { colour: false, width: 90 }),
      renderDiagnosisMarkdown(run, asked),
      diagnosisSection([side]),
    ])
      expect(shown.replace(/\s+/g, ' ').replaceAll('\\', '')).toContain('01:30:40 to 01:30:52 UTC');
  });

  it('tells periods one by one that differ', async () => {
    const { verdict, text, periods } = await diagnosisOf((second) =>
      between(second, 20, 28) ? { stalled: 40 } : between(second, 60, 68) ? { refused: 60 } : {},
    );
    expect(verdict).toBe('cannot-tell');
    expect(periods!.map(({ fromSec, toSec, ill }) => [fromSec, toSec, ill[0]!.kind])).toEqual([
      [20, 28, 'stalled'],
      [60, 68, 'refused'],
    ]);
    expect(text).toMatch(
      /^01:30:20 to 01:30:28 UTC \(2 of 30 windows\): Cannot tell: 320 of 1,600 handshakes/,
    );
    expect(text).toContain(' 01:31:00 to 01:31:08 UTC (2 of 30 windows): Cannot tell: 480 of 1,600 ');
  });

  it('has no periods where the whole night was alike, or healthy', async () => {
    // In the cleanest window there is by chance not much.
    const throughout = await diagnosisOf((second) => ({ stalled: second % 3 === 0 ? 8 : 2 }));
    expect(throughout).toMatchObject({ verdict: 'cannot-tell', windows: { count: 30, ill: 30 } });
    expect(throughout.periods).toBeUndefined();
    const healthy = await diagnosisOf((second) => (second === 50 ? { stalled: 1 } : {}));
    expect(healthy).toMatchObject({ verdict: 'healthy', windows: { count: 30, ill: 0 } });
    expect(healthy.periods).toBeUndefined();
  });

  it('finds a short time that the whole night would hide', async () => {
    const hidden = await diagnosisOf((second) => (second === 61 ? { stalled: 18 } : {}));
    expect(hidden).toMatchObject({
      verdict: 'cannot-tell',
      periods: [{ fromSec: 60, toSec: 64, ill: [{ count: 18, of: 800 }] }],
      ill: [{ arm: 'stress', kind: 'stalled', count: 18, of: 24_000 }],
    });
  });
});
