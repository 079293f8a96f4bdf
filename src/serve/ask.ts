import { Refusal } from './refusal.ts';
import type { Ask } from './types.ts';

/** Longer than any of our own addresses, two runs with long names included. */
const MAX_TARGET = 2_048;

/**
 * Takes the target of a request apart. Nothing is made of dots and slashes: a segment is a name to look up, not a path.
 * @throws Refusal where it cannot be one of ours
 */
export function readAsk(target: string): Ask {
  if (target.length > MAX_TARGET) throw new Refusal(414, 'this address is too long');
  if (!target.startsWith('/')) throw new Refusal(400, 'this is no address of a page');
  const [path = '/', ...query] = target.split('?');
  const segments = path.slice(1).split('/').map(decode);
  return { segments, query: new URLSearchParams(query.join('?')) };
}

function decode(segment: string): string {
  let text: string;
  try {
    text = decodeURIComponent(segment);
  } catch {
    throw new Refusal(400, 'this address is not percent-encoded as it should be');
  }
  for (const character of text) {
    const code = character.codePointAt(0)!;
    if (code < 0x20 || code === 0x7f) throw new Refusal(400, 'this address holds a control character');
  }
  return text;
}
