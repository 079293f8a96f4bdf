import type { Symptom } from '../observations/types.ts';
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
            alike.map(({ symptom }) => symptom),
            names,
          ),
        ]
      : alike.map(({ symptom, possible }) =>
          sayMayBe(
            [symptom],
            possible.map(({ cause }) => cause.name),
          ),
        );
  });
}

function sayMayBe(symptoms: readonly Symptom[], names: readonly string[]): string {
  const seen = symptoms.map(({ text }) => text).join(', and ');
  if (names.length === 0)
    return `Cannot tell: ${seen}, and no single cause that is known fits all that was seen.`;
  if (names.length === 1) {
    const isFew = symptoms.some(({ isScattered }) => isScattered);
    const why = isFew ? 'these are too few to name it' : 'nothing was seen that it alone predicts';
    return `Cannot tell for sure: ${seen}; of the known causes only ${names[0]} is not excluded, but ${why}.`;
  }
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
