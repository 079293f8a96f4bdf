import { styleText } from 'node:util';

export type Tone = 'good' | 'bad' | 'doubt' | 'strong' | 'faint';
export type Paint = (tone: Tone, text: string) => string;

const STYLES = {
  good: 'green',
  bad: 'red',
  doubt: 'yellow',
  strong: 'bold',
  faint: 'dim',
} as const;

/** Returns a function that colours text or, without colour, one that returns it unchanged. */
export function createPaint(colour: boolean): Paint {
  return colour
    ? (tone, text) => styleText(STYLES[tone], text, { validateStream: false })
    : (_tone, text) => text;
}
