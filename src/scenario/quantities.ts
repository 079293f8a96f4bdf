import { aboveZero, parsedText } from './leaves.ts';
import { PATTERNS, parseDuration, parsePortRange, parseRate } from './units.ts';

const rateMeta = { pattern: PATTERNS.rate, examples: ['500/s', '30/min'] };
const durationMeta = { pattern: PATTERNS.duration, examples: ['30s', '250ms', '2m'] };

/** Attempts a second. */
export const rate = () => parsedText(parseRate, rateMeta);
export const positiveRate = () => parsedText(aboveZero(parseRate, 'for a pause use an idle phase'), rateMeta);

/** Microseconds. */
export const duration = () => parsedText(parseDuration, durationMeta);
export const positiveDuration = () =>
  parsedText(aboveZero(parseDuration, 'leave it out for the default'), durationMeta);

export const portRange = () =>
  parsedText(parsePortRange, { pattern: PATTERNS.portRange, examples: ['20000-20999'] });
