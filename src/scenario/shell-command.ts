import { UsageError } from '../errors.ts';
import { REDACTED, redactUrl } from './secrets.ts';

/** It is handed over in an environment variable (MAX_ARG_STRLEN, include/uapi/linux/binfmts.h: 128 KiB). */
const MOST_CHARS = 10_000;

/** Reads a command for sh. @throws UsageError */
export function checkCommand(text: string): string {
  if (text.trim() === '') throw new UsageError('an empty command', { hint: 'write what sh is to run' });
  if (text.length > MOST_CHARS || text.includes('\0')) {
    throw new UsageError('not a command that can be run', {
      hint: `keep it below ${MOST_CHARS} characters, or put it into a script`,
    });
  }
  return text;
}

/** The program that a command begins with, without its folder; [redacted] where it begins with anything else. */
export function programOf(command: string): string {
  const [word = ''] = command.trim().split(/\s/, 1);
  const name = word.slice(word.lastIndexOf('/') + 1);
  return /^[A-Za-z][\w.+-]*$/.test(name) && !word.includes('=') ? name : REDACTED;
}

/** A command as results may show it: nothing tells which of its words are secrets, but the program's name is none. */
export function redactShell(command: string): string {
  const program = programOf(command);
  return program === command.trim() || program === REDACTED ? program : `${program} ${REDACTED}`;
}

/** Flags and assignments whose values are secrets by their names, as ssh, sshpass, curl, plink and the like have them. */
const SECRET_WORDS: readonly RegExp[] = [
  /((?:^|\s)-(?:p|pw|u|P|-pass(?:word)?|-user|-token|-key)(?:\s+|=))("[^"]*"|'[^']*'|[^\s"']\S*)/g,
  /((?:^|[\s"'])(?:\w*(?:token|pass|pwd|secret|key|psk|cred)\w*)=)("[^"]*"|'[^']*'|[^\s"']+)/gi,
  /((?:authorization|[\w-]*(?:token|key|cookie|secret)[\w-]*)\s*:\s*)([^"'\n]+)/gi,
  /(sshpass\s+-p)(\S+)/g,
];

/**
 * A command as whoever starts a run is told of it, without what looks like a secret. Variables stay, because their values are
 * not shown.
 */
export function maskCommand(command: string): string {
  const masked = SECRET_WORDS.reduce(
    (text, pattern) =>
      text.replace(pattern, (whole, before: string, value: string) =>
        /^["']?\$\{?\w+\}?["']?$/.test(value) ? whole : `${before}${REDACTED}`,
      ),
    redactUrl(command),
  );
  return masked.trim().replace(/\s*\n\s*/g, '; ');
}
