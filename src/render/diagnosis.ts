import type { DiagnosedCause, Diagnosis } from '../analysis/causes/diagnosis.ts';
import type { Summary } from '../analysis/types.ts';
import { escapeControls } from './escape.ts';
import { listExcluded } from './excluded-causes.ts';
import { formatMoment } from './format.ts';
import { createPaint, type Paint, type Tone } from './paint.ts';
import { splitPossible } from './possible-causes.ts';
import { wrap } from './table.ts';

export interface DiagnosisLook {
  readonly width: number;
  readonly paint: Paint;
  /** Beside the rest of a run: what is excluded in names alone, and the first of what to do. */
  readonly isBrief: boolean;
}

const TONES: Readonly<Record<Diagnosis['verdict'], Tone>> = {
  named: 'bad',
  'cannot-tell': 'doubt',
  healthy: 'good',
  none: 'doubt',
};

/** Reasons and steps that stand beside the rest of a run. */
const BRIEFLY = 2;

/** Columns of the text: enough to read, and not too many for a ticket. */
const MIN_WIDTH = 40;
const MAX_WIDTH = 98;

/** A diagnosis by itself, whole: the verdict first, then the run that it is of; ends with a line feed. */
export function renderDiagnosisText(
  run: Summary['run'],
  diagnosis: Diagnosis,
  { colour, width }: { readonly colour: boolean; readonly width: number },
): string {
  const look = {
    ...{ width: Math.max(MIN_WIDTH, Math.min(MAX_WIDTH, width)), paint: createPaint(colour), isBrief: false },
  };
  const [verdict = '', ...rest] = split(renderDiagnosis(diagnosis, look), diagnosis, look);
  const label = run.label === '' ? '' : ` (${escapeControls(run.label)})`;
  return `${[verdict, `  run ${run.id}${label}, ${formatMoment(run.startedAt)}`, ...rest].join('\n')}\n`;
}

/** The verdict as one piece, and the lines below it. */
function split(lines: readonly string[], { text }: Diagnosis, { width }: DiagnosisLook): string[] {
  const { length } = wrap(text, width);
  return [lines.slice(0, length).join('\n'), ...lines.slice(length)];
}

/** The verdict in a sentence, what speaks for it, what was excluded and by what, what to do next, what would prove it. */
export function renderDiagnosis(diagnosis: Diagnosis, look: DiagnosisLook): string[] {
  const { text, verdict, causes, decide, untried = [] } = diagnosis;
  const { paint, isBrief } = look;
  const named = causes.filter(({ status }) => status === 'named');
  const { spokenFor, others } = splitPossible(causes);
  const most = isBrief ? BRIEFLY : Number.POSITIVE_INFINITY;
  return [
    ...wrap(text, look.width).map((line) => paint(TONES[verdict], line)),
    ...named.flatMap((cause) => renderNamed(cause, look, most)),
    ...(isBrief ? [] : spokenFor.flatMap((cause) => renderPossible(cause, look))),
    ...(isBrief || others === '' ? [] : renderLine(others, look)),
    ...renderExcluded(causes, look),
    ...renderList(
      'This would decide',
      decide
        .slice(0, most)
        .map((one) => (one.command === undefined ? one.text : `${one.text}: ${one.command}`)),
      look,
    ),
    ...(isBrief
      ? []
      : renderList(
          'Not tried here, and what it would need',
          untried.map((one) => `${one.text}: ${one.needs}`),
          look,
        )),
  ];
}

function renderNamed(cause: DiagnosedCause, look: DiagnosisLook, most: number): string[] {
  // The first reason is in the verdict.
  return [
    ...renderList('What speaks for it', cause.for.slice(0, most), look),
    ...renderList('Next', cause.next.slice(0, most), look),
    ...(look.isBrief ? [] : renderList('What would prove it', [cause.proof], look)),
  ];
}

function renderPossible({ name, for: reasons, next }: DiagnosedCause, look: DiagnosisLook): string[] {
  const [first] = next;
  return renderList(
    `Possible: ${name}`,
    [...reasons, ...(first === undefined ? [] : [`if so: ${first}`])],
    look,
  );
}

function renderExcluded(causes: readonly DiagnosedCause[], look: DiagnosisLook): string[] {
  const excluded = causes.filter(({ status }) => status === 'excluded');
  if (excluded.length === 0) return [];
  if (look.isBrief)
    return renderList(
      'Excluded',
      [`${excluded.map(({ id }) => id).join(', ')} (rushhour diagnose says by what)`],
      look,
    );
  return renderList('Excluded', listExcluded(causes), look);
}

function renderLine(line: string, { width }: DiagnosisLook): string[] {
  return wrap(line, width - 4).map((part, index) => (index === 0 ? `  ${part}` : `    ${part}`));
}

function renderList(title: string, items: readonly string[], { width, paint }: DiagnosisLook): string[] {
  if (items.length === 0) return [];
  return [
    ...wrap(title, width - 2).map((line) => `  ${paint('strong', line)}`),
    ...items.flatMap((item) =>
      wrap(item, width - 6).map((line, index) => (index === 0 ? `    - ${line}` : `      ${line}`)),
    ),
  ];
}
