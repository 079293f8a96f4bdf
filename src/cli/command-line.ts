import { type ReadYaml, redactAssignment } from '../scenario/assignment.ts';
import { REDACTED, redactEndpoint, redactHeader, redactUrl } from '../scenario/secrets.ts';

/** What a flag's value may hold, by the flag. */
type Kind = 'body' | 'user' | 'header' | 'assignment' | 'endpoint' | 'shell';

const KINDS: Readonly<Record<string, Kind>> = {
  '--data': 'body',
  '--user': 'user',
  '--proxy-user': 'user',
  '--sink-user': 'user',
  '--sink-token': 'user',
  '--enroll': 'body',
  '--header': 'header',
  '--set': 'assignment',
  '--proxy': 'endpoint',
  '--target': 'endpoint',
  '--sink': 'endpoint',
  // Shell commands may contain anything.
  '--a': 'shell',
  '--b': 'shell',
  '--verify': 'shell',
  '--firewall-before': 'shell',
  '--firewall-after': 'shell',
  '--firewall-run': 'shell',
};
const SHORT: Readonly<Record<string, Kind>> = {
  d: 'body',
  H: 'header',
  U: 'user',
  u: 'user',
  x: 'endpoint',
};
/** A short flag that takes a value, alone or behind short ones that take none (`-kU user:password`). */
const CLUSTER = /^(-[kp]*)([dHUux])(.*)$/s;

/** How secrets are recognised if more is known than the names of flags. */
export interface Knowledge {
  /** Absent: maps are omitted completely. */
  readonly readYaml?: ReadYaml;
  /** Texts to remove wherever they occur: secrets of the scenario that resulted from the command line. */
  readonly secrets?: readonly string[];
}

/**
 * The command line for run.json: how to repeat the run, without secrets. Omitted are values of headers that may be
 * secret, cookies, bodies, users with their passwords, passwords in URLs, and shell commands.
 */
export function redactCommand(args: readonly string[], knowledge: Knowledge = {}): string[] {
  return [
    'rushhour',
    ...args.map((arg, index) => without(redactArg(arg, args[index - 1], knowledge), knowledge)),
  ];
}

function redactArg(arg: string, before: string | undefined, { readYaml }: Knowledge): string {
  const waiting = before === undefined ? undefined : (KINDS[before] ?? waitingOf(before));
  if (waiting !== undefined) return redactValue(waiting, arg, readYaml);
  const [, long = '', after = ''] = /^(--[a-z-]+)=(.*)$/s.exec(arg) ?? [];
  const kind = KINDS[long];
  if (kind !== undefined) return `${long}=${redactValue(kind, after, readYaml)}`;
  const [, flags = '', letter = '', glued = ''] = CLUSTER.exec(arg) ?? [];
  const short = SHORT[letter];
  if (short !== undefined && glued !== '') return flags + letter + redactValue(short, glued, readYaml);
  return redactUrl(arg);
}

/** What the preceding flag expects as its value; undefined if it already has one or takes none. */
function waitingOf(before: string): Kind | undefined {
  const [, , letter = '', glued] = CLUSTER.exec(before) ?? [];
  return glued === '' ? SHORT[letter] : undefined;
}

function redactValue(kind: Kind, text: string, readYaml: ReadYaml | undefined): string {
  switch (kind) {
    case 'body':
    case 'shell':
      return REDACTED;
    case 'user':
      // References may be shown, and so may `:`, which names no user; anything else contains a password, or part of a
      // mistyped one.
      return text === ':' || /^(env:[A-Za-z_][A-Za-z0-9_]*|@.+)$/s.test(text) ? text : REDACTED;
    case 'header':
      return redactLine(text);
    case 'assignment':
      return redactAssignment(text, readYaml);
    case 'endpoint':
      return redactEndpoint(text);
  }
}

/** A header as given to `-H`; anything else may be a secret. */
function redactLine(text: string): string {
  const [, name = '', value = ''] = /^([^:]*):(.*)$/s.exec(text) ?? [];
  if (name === '') return REDACTED;
  const shown = redactHeader(name, value);
  return shown === REDACTED ? `${name}: ${REDACTED}` : `${name}:${shown}`;
}

function without(text: string, { secrets = [] }: Knowledge): string {
  return secrets.reduce((shown, secret) => shown.replaceAll(secret, REDACTED), text);
}

/** A process title that hides secrets from process lists; undefined if there is nothing to hide. */
export function redactedTitle(args: readonly string[]): string | undefined {
  const shown = redactCommand(args);
  return shown.slice(1).every((arg, index) => arg === args[index]) ? undefined : shown.join(' ');
}
