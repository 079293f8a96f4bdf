import { REDACTED, SECRET_HEADERS } from '../scenario/secrets.ts';

const NAMES = SECRET_HEADERS.join('|');
const SECRET_HEADER = new RegExp(`^\\s*(${NAMES})\\s*:`, 'i');
const SECRET_ASSIGNMENT = new RegExp(`^([^=]*\\.(?:${NAMES}|body))=`, 'i');
const BODY_FLAGS: readonly string[] = ['-d', '--data'];

/**
 * The command line as run.json keeps it: how to do it again, without what must not be passed on. Secret headers,
 * bodies and passwords in URLs are left out.
 */
export function redactCommand(args: readonly string[]): string[] {
  return ['rushhour', ...args.map((arg, index) => redactArg(arg, args[index - 1]))];
}

function redactArg(arg: string, before: string | undefined): string {
  if (before !== undefined && BODY_FLAGS.includes(before)) return REDACTED;
  const glued = /^(-d(?=.)|--data=)/.exec(arg)?.[1];
  if (glued !== undefined) return glued + REDACTED;
  const [flag = '', value = arg] = /^(-H|--header=|--set=)(.+)$/s.exec(arg)?.slice(1) ?? [];
  const header = SECRET_HEADER.exec(value);
  if (header !== null) return `${flag}${header[1]}: ${REDACTED}`;
  const assignment = SECRET_ASSIGNMENT.exec(value);
  if (assignment !== null) return `${flag}${assignment[1]}=${REDACTED}`;
  return arg.replace(/\/\/[^/@\s]*@/, `//${REDACTED}@`);
}
