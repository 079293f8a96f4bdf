import { parsedQuantity, parsedText } from './leaves.ts';
import { aboveZero, PATTERNS, parseDuration, parsePortRange, parseRate } from './units.ts';
import { TOGETHER } from './words.ts';

const rateMeta = { pattern: PATTERNS.rate, examples: ['500/s', '30/min', 500] };
const durationMeta = { pattern: PATTERNS.duration, examples: ['30s', '250ms', '2m', 30] };

/** Attempts per second; a bare number already is one. */
export const rate = () => parsedQuantity(parseRate, rateMeta);
export const positiveRate = () =>
  parsedQuantity(aboveZero(parseRate, 'for a pause use an idle phase'), rateMeta);

/** Microseconds; a bare number means seconds. */
export const duration = () => parsedQuantity(parseDuration, durationMeta);
export const positiveDuration = () =>
  parsedQuantity(aboveZero(parseDuration, 'leave it out for the default'), durationMeta);

/** The same, or the word for what depends on the load. */
export const holdTime = () =>
  parsedQuantity((text) => (text === TOGETHER ? TOGETHER : parseDuration(text)), {
    pattern: `${PATTERNS.duration}|^${TOGETHER}$`,
    examples: [...durationMeta.examples, TOGETHER],
  });

export const portRange = () =>
  parsedText(parsePortRange, { pattern: PATTERNS.portRange, examples: ['20000-20999'] });
