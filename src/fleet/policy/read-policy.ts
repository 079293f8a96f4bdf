import { readNamed } from '../../bounded-file.ts';
import { UsageError } from '../../errors.ts';
import { readBySchema } from '../../scenario/read-by-schema.ts';
import { type Policy, policySchema } from './schema.ts';

/** @throws UsageError naming every mistake with its line */
export function parsePolicy(text: string, file: string): Policy {
  return readBySchema(text, policySchema, {
    ...{ file, has: 'the policy has' },
    hint: 'docs/fleet.md describes every key of a policy',
    // It names secrets, and has none; who misunderstands that may have written one there.
    isHidden: ([key]) => key === 'secrets',
  }).value;
}

/** @throws UsageError if it cannot be read, or has mistakes */
export async function readPolicy(file: string): Promise<Policy> {
  return parsePolicy(await readPolicyText(file), file);
}

/** @throws UsageError if it cannot be read */
export async function readPolicyText(file: string): Promise<string> {
  return readNamed(file).catch((cause: Error) => {
    throw new UsageError(`the policy ${file} cannot be read (${cause.message})`, {
      hint: 'a probe takes nothing without one; docs/fleet.md has an example',
      cause,
    });
  });
}
