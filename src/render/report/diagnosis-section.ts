import type { DiagnosedCause, Diagnosis } from '../../analysis/causes/diagnosis.ts';
import { listExcluded } from '../excluded-causes.ts';
import { splitPossible } from '../possible-causes.ts';
import { escapeHtml } from './html.ts';
import { type Side, sideLabel } from './sides.ts';

/** Why, as far as each run can tell: what speaks for it, what was excluded and by what, what to do. Nothing for runs that say nothing. */
export function diagnosisSection(sides: readonly Side[]): string {
  const parts = sides.flatMap(({ name, run: { summary } }) =>
    summary.diagnosis === undefined ? [] : [renderOne(name, summary.diagnosis)],
  );
  return parts.length === 0 ? '' : `<section><h2>Diagnosis</h2>${parts.join('')}</section>`;
}

function renderOne(side: Side['name'], { text, causes, decide, untried = [] }: Diagnosis): string {
  const of = (status: DiagnosedCause['status']): DiagnosedCause[] =>
    causes.filter((cause) => cause.status === status);
  const { spokenFor, others } = splitPossible(causes);
  return [
    `<p class="lead">${escapeHtml(sideLabel(side, text))}</p>`,
    ...of('named').flatMap(({ for: reasons, next, proof }) => [
      list('What speaks for it', reasons),
      list('Next', next),
      list('What would prove it', [proof]),
    ]),
    ...spokenFor.map(({ name, for: reasons, next }) =>
      list(`Possible: ${name}`, [...reasons, ...next.slice(0, 1)]),
    ),
    others === '' ? '' : `<p>${escapeHtml(others)}</p>`,
    list(
      'This would decide',
      decide.map((one) => (one.command === undefined ? one.text : `${one.text}: ${one.command}`)),
    ),
    list('Excluded', listExcluded(causes)),
    list(
      'Not tried here, and what it would need',
      untried.map((one) => `${one.text}: ${one.needs}`),
    ),
  ].join('');
}

function list(title: string, items: readonly string[]): string {
  if (items.length === 0) return '';
  return `<h3>${escapeHtml(title)}</h3><ul>${items.map((item) => `<li>${escapeHtml(item)}</li>`).join('')}</ul>`;
}
