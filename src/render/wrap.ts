import { escapeControls } from './escape.ts';

/** Spaces at which a line may break: not between a figure and its unit. */
const BREAKS = /\s+(?!(?:%|us|ms|s|min|h)(?:\W|$))/;

/**
 * Breaks a sentence into lines of at most `width` characters. A longer word gets its own line, unbroken; terminal
 * escape sequences are escaped.
 */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.trim().split(BREAKS).map(escapeControls)) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (longer.length > width && line !== '') {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line];
}

/** Like {@link wrap}, with continuation lines indented by `indent` spaces. */
export function wrapHanging(text: string, width: number, indent: number): string[] {
  const lines: string[] = [];
  for (const line of wrap(text, width - indent))
    lines.push(lines.length === 0 ? line : ' '.repeat(indent) + line);
  return lines;
}

/** Width of the label column. */
const LABEL_WIDTH = 12;

/**
 * A label and its text; continuation lines are aligned with the text.
 * @param labelWidth characters of the label's column, including the space after it
 */
export function renderLabelled(
  label: string,
  text: string,
  width: number,
  labelWidth: number = LABEL_WIDTH,
): string[] {
  return wrap(text, width - labelWidth).map(
    (line, index) => `${index === 0 ? label : ''} `.padEnd(labelWidth) + line,
  );
}
