import type { FirewallSummary, ShownChange } from '../analysis/firewall/types.ts';
import { maskCommand } from '../scenario/shell-command.ts';
import type { FirewallSpec } from '../scenario/types.ts';
import { formatDuration, formatPlural } from './format.ts';

/** The firewall commands that a run will execute, one per line, without anything that looks like a secret. */
export function formatCommands({ before, after = before, run, everyUs = 0 }: FirewallSpec): string[] {
  const isAgain = before !== undefined && after === before;
  return [
    ...(before === undefined
      ? []
      : [`before the load${isAgain ? ' and after it' : ''}: ${maskCommand(before)}`]),
    ...(run === undefined ? [] : [`every ${formatDuration(everyUs)} meanwhile: ${maskCommand(run)}`]),
    ...(isAgain || after === undefined ? [] : [`after the load: ${maskCommand(after)}`]),
  ];
}

/** Number of counters named in a summary for people. */
const MOST_MOVED = 6;

/** The firewall's view of a run, in a sentence. */
export function formatFirewall({ outputs, failures, moved, movedMore }: FirewallSummary): string {
  const { before, during, after } = outputs;
  const asked = [
    ...(before > 0 ? ['before'] : []),
    ...(during > 0 ? [`${formatPlural(during, 'time', 'times')} during`] : []),
    ...(after > 0 ? ['after'] : []),
  ];
  const more = moved.length - MOST_MOVED + movedMore;
  const names = moved.slice(0, MOST_MOVED).map(formatMoved).join(', ');
  return [
    asked.length === 0 ? 'it answered nothing' : `asked ${asked.join(', ')} the load`,
    ...failures.map(
      ({ phase, how, count }) => `${phase}: the command ${how}${count === 1 ? '' : ` (${count} times)`}`,
    ),
    ...(names === '' ? [] : [`moved meanwhile: ${names}${more > 0 ? ` and ${more} more` : ''}`]),
  ].join('; ');
}

function formatMoved({ key, from = '', to = '' }: ShownChange): string {
  return `${key} ${from} to ${to}`;
}
