import * as z from 'zod';
import { readNamed } from '../bounded-file.ts';
import { EnvironmentError, UsageError } from '../errors.ts';
import { deniedPath, describeOwner } from '../store/denied.ts';
import { SEED, SERVER_URL } from './enrolment.ts';
import { PROBE_ID } from './protocol.ts';

const schema = z.strictObject({
  schema: z.literal(1),
  role: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('operator') }),
    z.strictObject({ kind: z.literal('server') }),
    z.strictObject({ kind: z.literal('probe'), id: z.string().regex(PROBE_ID) }),
  ]),
  servers: z.array(z.string().regex(SERVER_URL)).min(1),
  /** Secret half of the nkey. */
  seed: z.string().regex(SEED),
  /** PEM: what the server's certificate has to be signed by, or be. */
  ca: z.string().min(1),
});

/** What a probe or an operator connects with; its file is a secret. */
export type Credentials = z.output<typeof schema>;

/** Whose credentials these are, for a sentence. */
export function describeRole(role: Credentials['role']): string {
  switch (role.kind) {
    case 'probe':
      return `the probe ${role.id}`;
    case 'server':
      return 'the program that runs the server';
    default:
      return 'an operator';
  }
}

/**
 * @param hint where they come from, if they are not there
 * @throws UsageError if they are not there, or are none
 * @throws EnvironmentError if this user may not read them
 */
export async function readCredentials(file: string, hint = ''): Promise<Credentials> {
  const text = await readNamed(file).catch((cause: Error) => {
    if (deniedPath(cause) !== undefined) {
      throw new EnvironmentError(`this user may not read the credentials ${file}: ${describeOwner(file)}`, {
        hint: 'run it as that user, or with sudo; or name others with --credentials',
        cause,
      });
    }
    throw new UsageError(`the credentials ${file} cannot be read (${cause.message})`, {
      hint,
      cause,
    });
  });
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    // Not the content: it holds a secret.
    throw new UsageError(`${file} does not hold the credentials of a fleet`, {
      hint: 'take the file that "rushhour fleet up" wrote, unchanged',
      cause: new Error((cause as Error).name),
    });
  }
}
