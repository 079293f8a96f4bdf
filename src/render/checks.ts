import type { Check, CheckLevel } from '../doctor/types.ts';
import { formatPlural } from './format.ts';
import { createPaint, type Tone } from './paint.ts';
import { wrap } from './table.ts';

const TONES: Readonly<Record<CheckLevel, Tone>> = { ok: 'good', note: 'faint', warn: 'doubt', fail: 'bad' };
const INDENT = ' '.repeat(6);

export interface ChecksLook {
  readonly colour: boolean;
  readonly width: number;
}

/** Every check with its reason and remedy, and a closing line of counts. */
export function renderChecks(checks: readonly Check[], { colour, width }: ChecksLook): string {
  const paint = createPaint(colour);
  const room = Math.max(40, Math.min(98, width)) - INDENT.length;
  const lines = checks.flatMap(({ level, what, why, mend }) => [
    ...wrap(what, room).map((line, index) =>
      index === 0 ? `${paint(TONES[level], level.padEnd(INDENT.length))}${line}` : INDENT + line,
    ),
    ...(why === undefined ? [] : wrap(why, room).map((line) => INDENT + paint('faint', line))),
    // A command is for copying, so it is never wrapped.
    ...(mend === undefined ? [] : [`${INDENT}-> ${mend}`]),
  ]);
  const count = (wanted: CheckLevel): number => checks.filter(({ level }) => level === wanted).length;
  const closing =
    count('fail') > 0
      ? paint('bad', `${formatPlural(count('fail'), 'check', 'checks')} failed`)
      : count('warn') > 0
        ? paint('doubt', `ready, with ${formatPlural(count('warn'), 'warning', 'warnings')}`)
        : paint('good', 'ready');
  return `${[...lines, '', closing].join('\n')}\n`;
}
