import type { Advice, Outcome, Proposal, UndoPlan } from '../doctor/fix/types.ts';
import type { ChecksLook } from './checks.ts';
import { createPaint } from './paint.ts';
import { wrap, wrapHanging } from './wrap.ts';

const INDENT = ' '.repeat(6);

/** The proposed changes: old and new value, purpose, and possible harm. */
export function renderAdvice({ settings, openFiles }: Advice, look: ChecksLook): string {
  const lines = settings.flatMap((proposal) => renderProposal(proposal, look));
  if (openFiles !== undefined) {
    const { now, wanted } = openFiles;
    lines.push(
      ...wrapHanging(`open files: ${now} are allowed, ${wanted} are wanted`, look.width, 6),
      ...indent('No program can raise the limit of the shell that started it. Use one of these:', look),
      `${INDENT}-> sudo prlimit --pid $$ --nofile=${wanted}   (this shell and everything it starts)`,
      `${INDENT}-> LimitNOFILE=${wanted}   (a systemd unit)`,
      `${INDENT}-> rushhour doctor --fix --persist   (new logins)`,
    );
  }
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}

function renderProposal({ name, now, proposed, why, risk }: Proposal, look: ChecksLook): string[] {
  return [
    `${createPaint(look.colour)('strong', name)}: ${now} -> ${proposed}`,
    ...indent(`Why: ${why}`, look),
    ...indent(`Could hurt: ${risk}`, look),
  ];
}

/** What undoing would do to each setting. */
export function renderUndoPlan(undoing: readonly UndoPlan[], look: ChecksLook): string {
  const paint = createPaint(look.colour);
  return undoing.map((one) => `${paint('strong', one.change.name)}: ${formatUndo(one)}\n`).join('');
}

function formatUndo(one: UndoPlan): string {
  const { before, set } = one.change;
  switch (one.kind) {
    case 'restore':
      return `${set} -> ${before}`;
    case 'done':
      return `is ${before} again, as before`;
    case 'foreign':
      return `not restored: rushhour set it to ${set} and it is now ${one.now ?? 'gone'}, so someone else has changed it`;
  }
}

/** The results, one per line. */
export function renderOutcomes(outcomes: readonly Outcome[], look: ChecksLook): string {
  const paint = createPaint(look.colour);
  return outcomes
    .map(({ name, from, to, fault }) =>
      fault === undefined
        ? `${paint('good', 'done')}  ${name}: ${to} (was ${from})\n`
        : `${paint('bad', 'fail')}  ${name}: not set to ${to}: ${fault}\n`,
    )
    .join('');
}

function indent(text: string, { width }: ChecksLook): string[] {
  const room = Math.max(40, Math.min(98, width)) - INDENT.length;
  return wrap(text, room).map((line) => INDENT + line);
}
