import { UsageError } from '../errors.ts';

/** What needs no quotes in a unit or a shell, and means nothing to either. */
const PLAIN = /^[A-Za-z0-9_+=:,./@-]+$/;

/**
 * Quotes one argument of ExecStart= (systemd.service(5), "Command lines"): `%` begins a specifier, `$` a variable, and
 * a backslash an escape, even in quotes.
 * @throws UsageError if it contains line feeds or other control characters, which a unit cannot contain
 */
export function quoteForUnit(text: string): string {
  checkPrintable(text);
  if (PLAIN.test(text)) return text;
  return `"${escapePercent(text).replace(/[\\"]/g, '\\$&').replaceAll('$', '$$$$')}"`;
}

/** An argument that ends in a file below a variable that systemd sets; the prefix is ours. */
export function quoteVariablePath(prefix: string, variable: string, name: string): string {
  return `"${prefix}\${${variable}}/${name}"`;
}

/** A setting that is one path or one text, which knows specifiers and no quotes. */
export function plainForUnit(text: string): string {
  checkPrintable(text);
  return escapePercent(text);
}

/** A path in a list of paths (ReadWritePaths=), which knows quotes and specifiers, and no variables. */
export function pathForUnit(text: string): string {
  checkPrintable(text);
  return PLAIN.test(text) ? text : `"${escapePercent(text).replace(/[\\"]/g, '\\$&')}"`;
}

/** One argument for a POSIX shell. */
export function quoteForShell(text: string): string {
  checkPrintable(text);
  return PLAIN.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

function escapePercent(text: string): string {
  return text.replaceAll('%', '%%');
}

function checkPrintable(text: string): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for.
  if (!/[\u0000-\u001f\u007f]/.test(text)) return;
  throw new UsageError(`a flag contains a line feed or another control character: ${JSON.stringify(text)}`, {
    hint: 'put it into a scenario file of your own, and install that',
  });
}
