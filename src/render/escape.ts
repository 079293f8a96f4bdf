import { shortenMiddle } from './shorten.ts';

/**
 * Control characters, including line feeds and terminal escape sequences (ECMA-48), and characters that reorder or hide
 * text: Unicode's format characters (Cf: bidirectional controls, zero-width characters, tags), separators of lines and
 * paragraphs, and halves of surrogate pairs.
 */
const CONTROLS = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Makes text from elsewhere, such as a label or a note, safe for a terminal: one line, without effect. */
export function escapeControls(text: string): string {
  return text.replace(
    CONTROLS,
    (char) => SHORT[char] ?? `\\u{${(char.codePointAt(0) ?? 0).toString(16).padStart(2, '0')}}`,
  );
}

/** Enough of what was typed to know it again. */
const QUOTED_CHARS = 60;

/** What was typed, for a sentence that says that it is wrong: in quotes and one line, shortened in the middle. */
export function quoteTyped(text: string): string {
  return `"${shortenMiddle(escapeControls(text), QUOTED_CHARS)}"`;
}
