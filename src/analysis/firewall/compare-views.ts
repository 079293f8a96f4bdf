import { type Change, findChanges } from './changes.ts';
import { readConfigLines } from './config-lines.ts';
import type {
  FirewallComparison,
  FirewallSummary,
  FirewallText,
  FirewallView,
  ShownChange,
} from './types.ts';

/** For more, the outputs themselves have to be read. */
const MOST_SHOWN = 30;
const MOST_SENTENCES = 12;
const MOST_VALUE_CHARS = 200;

/** The firewall's view in one run. */
export function summariseFirewall(view: FirewallView): FirewallSummary {
  const { before, after, during, isAgain, failures } = view;
  const moved = [
    ...(isAgain ? changesOf(before, after) : []),
    ...changesOf(during?.first, during?.last),
  ].filter(isValue);
  return {
    outputs: {
      before: before === undefined ? 0 : 1,
      during: during?.count ?? 0,
      after: after === undefined ? 0 : 1,
    },
    failures: failures.map((failure) => ({ ...failure })),
    moved: moved.slice(0, MOST_SHOWN).map(show),
    movedMore: Math.max(0, moved.length - MOST_SHOWN),
  };
}

/** A value that changed, not a line that was added or removed. */
function isValue({ from, to }: Change): boolean {
  return from !== undefined && to !== undefined;
}

export interface ViewedRun {
  readonly id: string;
  readonly view: FirewallView;
}

/**
 * The firewall settings that differ between two runs. Whatever moved between two outputs of the same run is a counter,
 * not a setting.
 */
export function compareFirewalls(one: ViewedRun, other: ViewedRun): FirewallComparison {
  const volatile = new Set([...volatilePlaces(one.view), ...volatilePlaces(other.view)]);
  const settings = [
    ...changesOf(settingsOf(one.view, 'last'), settingsOf(other.view, 'first')),
    ...(one.view.isAgain || other.view.isAgain ? [] : changesOf(one.view.after, other.view.after)),
  ].filter(({ place }) => !volatile.has(place));
  const shown = settings.slice(0, MOST_SHOWN).map(show);
  return {
    runs: [one.id, other.id],
    sentences: sentencesOf(shown, settings.length),
    changes: shown,
    more: settings.length - shown.length,
  };
}

/**
 * The output from before a run's load or, if the same command was run again afterwards, whichever is closer to the
 * other run.
 */
function settingsOf(
  { before, after, isAgain }: FirewallView,
  which: 'first' | 'last',
): FirewallText | undefined {
  return which === 'last' && isAgain ? (after ?? before) : before;
}

function volatilePlaces({ before, after, isAgain }: FirewallView): string[] {
  return isAgain ? changesOf(before, after).map(({ place }) => place) : [];
}

function changesOf(one: FirewallText | undefined, other: FirewallText | undefined): Change[] {
  if (one === undefined || other === undefined) return [];
  return findChanges(readConfigLines(one.text), readConfigLines(other.text));
}

function sentencesOf(changes: readonly ShownChange[], count: number): string[] {
  if (count === 0) return ['none of the settings that the firewall showed changed between these runs'];
  const said = changes.slice(0, MOST_SENTENCES).map(formatChange);
  return count > said.length ? [...said, `and ${count - said.length} more of its lines differ`] : said;
}

/** `between these runs the firewall's tcp-timewait-timer went from 1 to 60 (system global)` */
export function formatChange({ where, key, from, to }: ShownChange): string {
  const place = where === '' ? '' : ` (${where})`;
  const subject = `between these runs the firewall's ${key}`;
  if (from === undefined)
    return `${subject} appeared${to === '' ? '' : ` as ${to}`}${place}: it was not shown before`;
  if (to === undefined) return `${subject}${from === '' ? '' : `, which was ${from},`} went away${place}`;
  return `${subject} went from ${from} to ${to}${place}`;
}

function show({ place: _, ...change }: Change): ShownChange {
  return {
    ...change,
    ...(change.from === undefined ? {} : { from: change.from.slice(0, MOST_VALUE_CHARS) }),
    ...(change.to === undefined ? {} : { to: change.to.slice(0, MOST_VALUE_CHARS) }),
  };
}
