import { REDACTED, redactPath, SECRET_HEADERS } from '../scenario/secrets.ts';

const NAMES = SECRET_HEADERS.join('|');
const SECRET_HEADER = new RegExp(`^\\s*(${NAMES})\\s*:`, 'i');
const SECRET_ASSIGNMENT = new RegExp(`^([^=]*\\.(?:${NAMES}|body))=`, 'i');
const BODY_FLAGS: readonly string[] = ['--data'];
const USER_FLAGS: readonly string[] = ['--user', '--proxy-user', '--sink-user', '--sink-token'];
/** A short flag that takes a value, alone or behind short ones that take none (`-kU user:password`). */
const CLUSTER = /^(-[kp]*)([dHUu])(.*)$/s;

/**
 * The command line as run.json keeps it: how to do it again, without what must not be passed on. Secret headers,
 * bodies, users with their passwords and passwords in URLs are left out.
 */
export function redactCommand(args: readonly string[]): string[] {
  return ['rushhour', ...args.map((arg, index) => redactArg(arg, args[index - 1]))];
}

function redactArg(arg: string, before: string | undefined): string {
  if (before !== undefined) {
    const waiting = CLUSTER.exec(before);
    const short = waiting?.[3] === '' ? waiting[2] : undefined;
    if (short === 'd' || BODY_FLAGS.includes(before)) return REDACTED;
    if (short === 'U' || short === 'u' || USER_FLAGS.includes(before)) return redactUser(arg);
  }
  const [, flags = '', short = '', glued = ''] = CLUSTER.exec(arg) ?? [];
  const [flag = '', value = arg] =
    glued === ''
      ? (/^(--(?:data|user|proxy-user|sink-user|sink-token|header|set)=)(.+)$/s.exec(arg)?.slice(1) ?? [])
      : [flags + short, glued];
  if (short === 'd' && glued !== '') return flag + REDACTED;
  if (flag === '--data=') return flag + REDACTED;
  if (/[Uu]$/.test(flag) || /(user|token)=$/.test(flag)) return flag + redactUser(value);
  const header = SECRET_HEADER.exec(value);
  if (header !== null) return `${flag}${header[1]}: ${REDACTED}`;
  const assignment = SECRET_ASSIGNMENT.exec(value);
  if (assignment !== null) return `${flag}${assignment[1]}=${REDACTED}`;
  const isProxy = before === '-x' || before === '--proxy' || /^(-x|--proxy=)./.test(arg);
  const bare = isProxy ? arg.replace(/^(-x|--proxy=)?[^/@\s]+@/, `$1${REDACTED}@`) : arg;
  return redactPath(bare.replace(/\/\/[^/@\s]*@/, `//${REDACTED}@`));
}

/** A reference may be shown, and `:`, which names nobody; anything else holds a password, or a slip of one. */
function redactUser(text: string): string {
  return text === ':' || /^(env:[A-Za-z_][A-Za-z0-9_]*|@.+)$/s.test(text) ? text : REDACTED;
}

/**
 * What the process is to be called, so that a list of processes does not show what was typed; undefined where there is
 * nothing to hide.
 */
export function redactedTitle(args: readonly string[]): string | undefined {
  const shown = redactCommand(args);
  return shown.slice(1).every((arg, index) => arg === args[index]) ? undefined : shown.join(' ');
}
