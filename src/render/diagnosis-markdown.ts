import type { DiagnosedCause, Diagnosis } from '../analysis/causes/diagnosis.ts';
import type { Summary } from '../analysis/types.ts';
import { escapeControls } from './escape.ts';
import { listExcluded } from './excluded-causes.ts';
import { formatMoment } from './format.ts';
import { escapeMarkdown } from './markdown.ts';
import { splitPossible } from './possible-causes.ts';

/** A diagnosis for a ticket, as GitHub and GitLab show it; ends with a line feed. */
export function renderDiagnosisMarkdown(run: Summary['run'], diagnosis: Diagnosis): string {
  const { text, symptoms, causes, decide, untried = [] } = diagnosis;
  const label = run.label === '' ? '' : ` (${say(run.label)})`;
  const of = (status: DiagnosedCause['status']): DiagnosedCause[] =>
    causes.filter((cause) => cause.status === status);
  const { spokenFor, others } = splitPossible(causes);
  const blocks = [
    `**${say(text)}**`,
    `Run \`${run.id}\`${label}, ${formatMoment(run.startedAt)}.`,
    list('What was seen', symptoms),
    ...of('named').flatMap(({ for: reasons, next, proof }) => [
      list('What speaks for it', reasons),
      list('Next', next),
      list('What would prove it', [proof]),
    ]),
    ...spokenFor.map(({ name, for: reasons, next }) =>
      list(`Possible: ${name}`, [...reasons, ...next.slice(0, 1)]),
    ),
    say(others),
    list('Excluded', listExcluded(causes)),
    list(
      'This would decide',
      decide.map((one) => one.text),
      decide.map((one) => one.command),
    ),
    list(
      'Not tried here, and what it would need',
      untried.map((one) => `${one.text}: ${one.needs}`),
    ),
  ];
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
}

function list(
  title: string,
  items: readonly string[],
  commands: readonly (string | undefined)[] = [],
): string {
  if (items.length === 0) return '';
  const lines = items.map((item, index) => {
    const command = commands[index];
    return command === undefined ? `- ${say(item)}` : `- ${say(item)}: \`${escapeControls(command)}\``;
  });
  return [`### ${say(title)}`, '', ...lines].join('\n');
}

function say(text: string): string {
  return escapeMarkdown(escapeControls(text));
}
