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

/** A painter that colours, or one that leaves text as it is. Whether to colour is the caller's to decide. */
export function createPaint(colour: boolean): Paint {
  return colour
    ? (tone, text) => styleText(STYLES[tone], text, { validateStream: false })
    : (_tone, text) => text;
}
