import type { Step } from './types.ts';
import type { Weighed, WeighedSymptom } from './weigh.ts';

/** Rivals that a sentence can hold. */
const MOST_NAMES = 4;

export function sayNamed({ cause, judgements }: Weighed): string {
  const deciding = judgements.find(({ says }) => says === 'decides');
  return `${upper(cause.name)}: ${deciding?.text ?? ''}.`;
}

/** What is to be explained, and what it may be: in one sentence where one cause may account for all of a kind. */
export function sayCannotTell(open: readonly WeighedSymptom[]): string[] {
  const kinds = [...new Set(open.map(({ symptom }) => symptom.kind))];
  return kinds.flatMap((kind) => {
    const alike = open.filter(({ symptom }) => symptom.kind === kind);
    const names = alike
      .map(({ possible }) => possible.map(({ cause }) => cause.name))
      .reduce((common, others) => common.filter((name) => others.includes(name)));
    return names.length > 0
      ? [
          sayMayBe(
            alike.map(({ symptom }) => symptom.text).join(', and '),
            names,
            alike.some(({ symptom }) => symptom.isScattered),
          ),
        ]
      : alike.map(({ symptom, possible }) =>
          sayMayBe(
            symptom.text,
            possible.map(({ cause }) => cause.name),
            symptom.isScattered,
          ),
        );
  });
}

function sayMayBe(seen: string, names: readonly string[], isScattered = false): string {
  if (names.length === 0)
    return `Cannot tell: ${seen}, and no single cause that is known fits all that was seen.`;
  if (names.length === 1 && isScattered)
    return `Cannot tell for sure: ${seen}; of the known causes only ${names[0]} is not excluded, but these are too few to name it.`;
  if (names.length === 1)
    return `Cannot tell for sure: ${seen}; of the known causes only ${names[0]} is not excluded, but nothing was seen that it alone predicts.`;
  const shown = names.slice(0, MOST_NAMES);
  const more = names.length - shown.length;
  const list =
    more > 0
      ? `${shown.join('; ')}; or one of ${more} more`
      : `${shown.slice(0, -1).join('; ')}; or ${shown.at(-1)}`;
  return `Cannot tell: ${seen}. It may be ${list}.`;
}

export function sayStep({ firewall, text, source }: Step): string {
  return `${firewall === undefined ? '' : `${firewall}: `}${text}${source === undefined ? '' : ` (${source})`}`;
}

function upper(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
