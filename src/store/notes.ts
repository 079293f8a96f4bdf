import { join } from 'node:path';
import * as z from 'zod';
import { EnvironmentError } from '../errors.ts';
import { FILES } from './files.ts';
import { writeJson } from './json-file.ts';
import { readJson } from './read-json.ts';
import { schemaOf, some, text } from './shapes.ts';

/** notes.json: what was said of a run after it was started. A file of its own, as run.json is still the run's to write. */
export interface Notes {
  readonly schema: 1;
  /** In place of the label in run.json. */
  readonly label?: string;
  readonly note?: string;
}

const NOTES = schemaOf<Notes>()(
  some({ schema: z.literal(1), label: text.optional(), note: text.optional() }),
);

/** Reads the notes; empty if the file is missing or unreadable. */
export async function readNotes(dir: string): Promise<Notes> {
  const file = await readJson(join(dir, FILES.notes), NOTES);
  return file.kind === 'whole' ? file.value : { schema: 1 };
}

/**
 * Changes label or note of a run, whether it is over or under way; what is not named stays.
 * @throws EnvironmentError where the folder cannot be written
 */
export async function changeNotes(dir: string, changes: Pick<Notes, 'label' | 'note'>): Promise<void> {
  try {
    await writeJson(join(dir, FILES.notes), { ...(await readNotes(dir)), ...changes });
  } catch (cause) {
    throw new EnvironmentError(`cannot write ${join(dir, FILES.notes)} (${(cause as Error).message})`, {
      hint: 'make the folder writable, or free disk space',
      cause,
    });
  }
}
