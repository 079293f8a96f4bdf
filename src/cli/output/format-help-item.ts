import { Help } from 'commander';
import { wrap } from '../../render/wrap.ts';

const INDENT = 2;
const BELOW_INDENT = 6;

/** A column that is narrower breaks after every few words, and commander breaks no line in it at all. */
const LEAST_COLUMN = 40;

/**
 * A flag, an argument or a command with what it is for: side by side as commander has it, or the words below where the
 * terminal leaves them too narrow a column.
 * @param termWidth of the longest term, characters
 */
export function formatHelpItem(term: string, termWidth: number, description: string, helper: Help): string {
  const width = helper.helpWidth ?? 80;
  const isWide = width - INDENT - termWidth - INDENT >= LEAST_COLUMN;
  if (isWide || description === '')
    return Help.prototype.formatItem.call(helper, term, termWidth, description, helper);
  const lines = wrap(description, width - BELOW_INDENT).map((line) => ' '.repeat(BELOW_INDENT) + line);
  return [' '.repeat(INDENT) + term, ...lines].join('\n');
}
