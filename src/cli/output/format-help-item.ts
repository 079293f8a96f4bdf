import { Help } from 'commander';
import { wrap } from '../../render/wrap.ts';

const INDENT = 2;
const BELOW_INDENT = 6;

/** A narrower column would break after every few words, and commander does not wrap it at all. */
const LEAST_COLUMN = 40;

/**
 * A flag, an argument or a command with its description: side by side as commander does, or the description below if
 * the terminal is too narrow.
 * @param termWidth length of the longest term
 */
export function formatHelpItem(term: string, termWidth: number, description: string, helper: Help): string {
  const width = helper.helpWidth ?? 80;
  const isWide = width - INDENT - termWidth - INDENT >= LEAST_COLUMN;
  if (isWide || description === '')
    return Help.prototype.formatItem.call(helper, term, termWidth, description, helper);
  const lines = wrap(description, width - BELOW_INDENT).map((line) => ' '.repeat(BELOW_INDENT) + line);
  return [' '.repeat(INDENT) + term, ...lines].join('\n');
}
