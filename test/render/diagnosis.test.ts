import { describe, expect, it } from 'vitest';
import type { DiagnosedCause, Diagnosis } from '../../src/analysis/causes/diagnosis.ts';
import { renderDiagnosisText } from '../../src/render/diagnosis.ts';
import { renderDiagnosisMarkdown } from '../../src/render/diagnosis-markdown.ts';
import { diagnosisSection } from '../../src/render/report/diagnosis-section.ts';
import { summary } from './fixtures.ts';

const possible = (name: string, reasons: readonly string[]): DiagnosedCause => ({
  ...{ id: name, name, status: 'possible', for: [...reasons], against: [], next: [`check ${name}`] },
  proof: 'a counter',
});

const diagnosisOf = (...causes: readonly DiagnosedCause[]): Diagnosis => ({
  ...{ verdict: 'cannot-tell', text: 'Cannot tell: some stalled.', symptoms: ['some stalled'] },
  causes: [...causes],
  decide: [],
});

const MIXED = diagnosisOf(
  possible('a meter', ['a level']),
  possible('loss', []),
  possible('a long path', []),
);
const BARE = diagnosisOf(possible('loss', []), possible('a long path', []));

describe('causes that nothing speaks for', () => {
  it('are one line of the text, below those that something speaks for', () => {
    const text = renderDiagnosisText(summary().run, MIXED, { colour: false, width: 98 });
    expect(text).toContain(
      '  Possible: a meter\n    - a level\n    - if so: check a meter\n  Also not excluded: loss; a long path\n',
    );
    expect(text).not.toContain('Possible: loss');
  });

  it('are the whole line where nothing speaks for any', () => {
    const text = renderDiagnosisText(summary().run, BARE, { colour: false, width: 98 });
    expect(text).toContain('\n  Not excluded: loss; a long path\n');
    expect(text).not.toContain('Possible');
  });

  it('are one line of a ticket', () => {
    const text = renderDiagnosisMarkdown(summary().run, MIXED);
    expect(text).toContain(
      '### Possible: a meter\n\n- a level\n- check a meter\n\nAlso not excluded: loss; a long path\n',
    );
  });

  it('are one paragraph of the report', () => {
    const html = diagnosisSection([
      { name: 'A', run: { summary: { ...summary(), diagnosis: MIXED } } } as never,
    ]);
    expect(html).toContain('<p>Also not excluded: loss; a long path</p>');
    expect(html).not.toContain('Possible: loss');
  });
});

describe('causes that are excluded', () => {
  const excluded = (name: string, ...against: string[]): DiagnosedCause => ({
    ...possible(name, []),
    ...{ status: 'excluded', against },
  });
  const diagnosis = diagnosisOf(
    excluded('a meter', 'a clean arm', 'a gap'),
    excluded('loss', 'a gap'),
    excluded('a long path', 'a clean arm'),
  );

  it('are together where the same excludes them, in text, ticket and report', () => {
    const text = renderDiagnosisText(summary().run, diagnosis, { colour: false, width: 98 });
    expect(text).toContain('\n  Excluded\n    - a meter; a long path: a clean arm\n    - loss: a gap\n');
    expect(renderDiagnosisMarkdown(summary().run, diagnosis)).toContain(
      '### Excluded\n\n- a meter; a long path: a clean arm\n- loss: a gap\n',
    );
    const html = diagnosisSection([{ name: 'A', run: { summary: { ...summary(), diagnosis } } } as never]);
    expect(html).toContain('<ul><li>a meter; a long path: a clean arm</li><li>loss: a gap</li></ul>');
  });
});
