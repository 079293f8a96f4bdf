import { UsageError } from '../../errors.ts';
import { quoteTyped } from '../../render/escape.ts';

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
          hint: 'write label=value, several with commas between, such as --on site=leeds,model=pi4',
        });
      }
      return { key, values: values.split('|') };
    });
}

export function isSelected(
  selection: Selection,
  { probe, labels }: { readonly probe: string; readonly labels: Readonly<Record<string, string>> },
): boolean {
  return selection.every(({ key, values }) => {
    const value = key === 'probe' ? probe : Object.hasOwn(labels, key) ? labels[key] : undefined;
    return value !== undefined && values.includes(value);
  });
}
