import { UsageError } from '../../errors.ts';
import { escapeControls, quoteTyped } from '../../render/escape.ts';
import { suggest } from '../../scenario/suggest.ts';

/** Which probes are meant: each condition has to hold. */
export type Selection = readonly { readonly key: string; readonly values: readonly string[] }[];

/**
 * Reads `site=leeds,model=pi4`; `site=leeds|york` is either; `probe=leeds-1` is one by its id.
 * @param text undefined: all probes
 * @throws UsageError also for what is empty, as of a variable that is not set: load from all probes has to be meant
 */
export function parseSelection(text: string | undefined): Selection {
  if (text === undefined) return [];
  if (text.replaceAll(',', '').trim() === '')
    throw new UsageError(`--on ${quoteTyped(text)} names no condition`, {
      hint: 'leave --on out to select all probes, or write label=value, such as --on site=leeds',
    });
  return text
    .split(',')
    .filter((part) => part.trim() !== '')
    .map((part) => {
      const [, key = '', values = ''] = /^\s*([a-z][a-z0-9-]*)=(.+?)\s*$/.exec(part) ?? [];
      if (key === '') {
        throw new UsageError(`${quoteTyped(part)} does not select probes`, {
          hint: 'write label=value, several with commas between, such as --on site=leeds,model=pi4; one probe by its id: --on probe=leeds-1',
        });
      }
      return { key, values: values.split('|') };
    });
}

interface Selectable {
  readonly probe: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Up to so many that are known, each is named. */
const MOST_NAMED = 20;

/**
 * Those of the known probes that are meant; all of them are looked at, whether they are there or not.
 * @throws UsageError for a label or a value that none of them has: a site that is written wrongly would be left out without a word
 */
export function selectProbes<T extends Selectable>(selection: Selection, known: readonly T[]): T[] {
  if (known.length === 0) return [];
  const labels = [...new Set(known.flatMap((probe) => Object.keys(probe.labels)))];
  for (const { key, values } of selection) {
    if (key !== 'probe' && !labels.includes(key)) {
      throw new UsageError(`--on: no probe has a label ${quoteTyped(key)}`, {
        hint: hintOf(key, [...labels, 'probe'].sort()),
      });
    }
    const has = [...new Set(known.flatMap((probe) => labelOf(probe, key) ?? []))].sort();
    const wrong = values.find((value) => !has.includes(value));
    if (wrong !== undefined) {
      throw new UsageError(`--on: no probe has ${key}=${quoteTyped(wrong)}`, {
        hint: hintOf(wrong, has),
      });
    }
  }
  return known.filter((probe) =>
    selection.every(({ key, values }) => values.includes(labelOf(probe, key) ?? '')),
  );
}

/** More of them than fit into a line are listed elsewhere. */
function hintOf(word: string, words: readonly string[]): string {
  const meant = suggest(word, words);
  return meant.startsWith('known: ') && words.length > MOST_NAMED
    ? '"rushhour fleet ls" lists the probes and their labels'
    : escapeControls(meant);
}

function labelOf({ probe, labels }: Selectable, key: string): string | undefined {
  if (key === 'probe') return probe;
  return Object.hasOwn(labels, key) ? labels[key] : undefined;
}
