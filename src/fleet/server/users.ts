import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { UsageError } from '../../errors.ts';
import { writeJson } from '../../store/json-file.ts';
import { PUBLIC_KEY } from '../enrolment.ts';
import { PROBE_ID } from '../protocol.ts';
import { readChange, signedChange, type UserChange } from './user-change.ts';

const id = z.string().regex(PROBE_ID);
const publicKey = z.string().regex(PUBLIC_KEY);
const schema = z.strictObject({
  schema: z.literal(1),
  probes: z.array(z.strictObject({ id, publicKey })),
  /** Each lets one probe enroll, once. */
  tokens: z.array(
    z.strictObject({
      ...{ id, publicKey },
      /** Milliseconds since 1970. */
      expiresAtMs: z.int().min(0),
      /** The key of the probe that has used it. */
      usedBy: publicKey.optional(),
    }),
  ),
  /** The last change of each user that was enrolled or revoked, or got a token, as servers of a cluster tell each other. */
  changes: z.record(id, signedChange).default({}),
});

/** Who may connect besides the operator and the server's own program: by public keys, no secret is kept. */
export type Users = z.output<typeof schema>;

/** @throws UsageError if the file holds something else: without it, nobody knows who may connect */
export async function readUsers(dir: string): Promise<Users> {
  const file = join(dir, 'users.json');
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return { schema: 1, probes: [], tokens: [], changes: {} };
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new UsageError(`${file} does not hold the users of a fleet`, {
      hint: 'bring it back from a backup, or remove it and enroll every probe anew',
      cause,
    });
  }
}

export async function writeUsers(dir: string, users: Users): Promise<void> {
  await writeJson(join(dir, 'users.json'), users, 0o600);
}

/** The last change of a user; undefined if there was none. */
export function changeOf({ changes }: Users, probe: string): UserChange | undefined {
  return Object.hasOwn(changes, probe) ? readChange(changes[probe]!) : undefined;
}
