/**
 * Control characters, including line feeds and terminal escape sequences (ECMA-48), and characters that reorder or hide
 * text (Unicode's bidirectional controls, separators and zero-width characters).
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for.
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Makes text from elsewhere, such as a label or a note, safe for a terminal: one line, without effect. */
export function escapeControls(text: string): string {
  return text.replace(
    CONTROLS,
    (char) => SHORT[char] ?? `\\u{${(char.codePointAt(0) ?? 0).toString(16).padStart(2, '0')}}`,
  );
}
