import { resolve } from 'node:path';
import type { Command } from 'commander';
import { readNamedSync } from '../../bounded-file.ts';
import { UsageError } from '../../errors.ts';
import { convertHint, decodeUtf8, isDamaged, NotUtf8 } from '../../scenario/utf8.ts';
import { kindOf, type SinkSpec } from '../../sinks/registry.ts';
import { parseSink, SINK_FORMS, sinksShown } from '../../sinks/spec.ts';
import type { SinkSecrets } from '../../sinks/types.ts';
import { variable } from '../../variable.ts';
import type { Host } from '../host.ts';
import { collect } from './values.ts';

/** Live destinations of a run besides its folder. */
export interface SinkFlags {
  readonly sink?: string[];
  readonly sinkToken?: string;
  readonly sinkUser?: string;
}

/** Input for `openSinks`. The secrets go nowhere else. */
export interface ChosenSinks {
  readonly specs: readonly SinkSpec[];
  readonly secrets: SinkSecrets;
}

export function addSinkOptions(command: Command): Command {
  return command
    .option(
      '--sink <url>',
      `also write each second to ${SINK_FORMS} (repeatable; default: $RUSHHOUR_SINKS; none: nowhere)`,
      collect,
    )
    .option(
      '--sink-token <where>',
      `token of ${sinksShown('token')}: env:NAME or @file (default: $RUSHHOUR_SINK_TOKEN)`,
    )
    .option('--sink-user <where>', `user:password of ${sinksShown('user')}: env:NAME or @file`);
}

/**
 * The sinks named by flags and environment, each once, with their credentials.
 * @throws UsageError if one is not a sink or not a secret; the error does not repeat it
 */
export function readSinks({ sink, sinkToken, sinkUser }: SinkFlags, host: Host): ChosenSinks {
  const { RUSHHOUR_SINKS = '', RUSHHOUR_SINK_TOKEN } = host.env;
  const [texts, flag] =
    sink === undefined
      ? [RUSHHOUR_SINKS.split(/\s+/).filter((text) => text !== ''), 'RUSHHOUR_SINKS']
      : [sink, '--sink'];
  const specs = [...new Set(texts)].filter((text) => text !== 'none').map((text) => parseSink(text, flag));
  const needs = (secret: keyof SinkSecrets): boolean => specs.some((spec) => kindOf(spec).secret === secret);
  if (sinkToken !== undefined && !needs('token')) throw unasked('--sink-token', sinksShown('token'));
  if (sinkUser !== undefined && !needs('user')) throw unasked('--sink-user', sinksShown('user'));
  const token =
    sinkToken !== undefined
      ? readSecret('--sink-token', sinkToken, 'a token', host)
      : RUSHHOUR_SINK_TOKEN === undefined || RUSHHOUR_SINK_TOKEN === ''
        ? undefined
        : checkSecret('RUSHHOUR_SINK_TOKEN', RUSHHOUR_SINK_TOKEN, 'it is empty', 'a token');
  const user =
    sinkUser === undefined ? undefined : readSecret('--sink-user', sinkUser, 'user:password', host);
  if (user !== undefined && user.indexOf(':') < 1) {
    throw new UsageError('--sink-user: the value found is not user:password', {
      hint: 'put the user, a colon and the password into the variable or file',
    });
  }
  return {
    specs,
    secrets: {
      ...(token !== undefined && needs('token') && { token }),
      ...(user !== undefined && { user }),
    },
  };
}

function unasked(flag: string, kind: string): UsageError {
  return new UsageError(`${flag} needs a sink that uses it`, { hint: `add --sink ${kind}...` });
}

/** A secret is never typed, only its location, because shell histories and process lists would show it. */
function readSecret(flag: string, where: string, what: string, host: Host): string {
  const name = /^env:([A-Za-z_][A-Za-z0-9_]*)$/.exec(where)?.[1];
  if (name !== undefined) {
    return checkSecret(flag, variable(host.env, name), `the variable ${name} is empty`, what);
  }
  if (!where.startsWith('@') || where.length === 1) {
    throw new UsageError(`${flag}: the value does not say where to find ${what}`, {
      hint: `write ${flag} env:NAME or ${flag} @file`,
    });
  }
  const file = resolve(host.cwd, where.slice(1));
  try {
    return checkSecret(flag, decodeUtf8(readNamedSync(file)), `${where.slice(1)} is empty`, what);
  } catch (cause) {
    if (cause instanceof UsageError) throw cause;
    if (cause instanceof NotUtf8) {
      throw new UsageError(`${flag} ${where}: line ${cause.line} is not UTF-8`, {
        hint: convertHint(where.slice(1)),
        cause,
      });
    }
    throw new UsageError(`${flag} ${where}: the file cannot be read (${(cause as Error).message})`, {
      hint: 'check the path and its permissions',
      cause,
    });
  }
}

function checkSecret(flag: string, text: string | undefined, fault: string, what: string): string {
  const secret = text?.trim() ?? '';
  if (secret === '') throw new UsageError(`${flag}: ${fault}`, { hint: `put ${what} there` });
  if (isDamaged(secret)) {
    throw new UsageError(`${flag}: the value found is not UTF-8`, {
      hint: `set the variable in a terminal that uses UTF-8, or put ${what} into a file: ${flag} @file`,
    });
  }
  // A token becomes the value of a header (RFC 9110, 5.5); user and password are encoded first.
  if (!(what === 'a token' ? /^[\x20-\x7e]+$/ : /^\P{Cc}+$/u).test(secret)) {
    throw new UsageError(
      `${flag}: the value found contains a line break or another character that a header cannot`,
      {
        hint: `put only ${what} there, on one line`,
      },
    );
  }
  return secret;
}
