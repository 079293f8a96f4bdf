import { join } from 'node:path';
import { UsageError } from '../errors.ts';
import type { Frame } from '../metrics/types.ts';
import { FILES } from './files.ts';
import { readNotes } from './notes.ts';
import { type JsonFile, readJson } from './read-json.ts';
import { framesOf } from './run-frames.ts';
import type { RunInfo } from './run-info.ts';
import { runInfoSchema } from './run-schema.ts';

/**
 * Reads run.json, with the label that was given later, if any.
 * @throws UsageError if the folder contains no run, a damaged one, or one of another schema
 */
export async function readRunInfo(dir: string): Promise<RunInfo> {
  const [info, { label }] = await Promise.all([readInfoFile(dir), readNotes(dir)]);
  switch (info.kind) {
    case 'whole':
      return label === undefined ? info.value : { ...info.value, label };
    case 'missing':
      throw new UsageError(`${dir} is not a run: it contains no ${FILES.info}`, {
        hint: 'rushhour results lists the recorded runs',
      });
    case 'damaged':
      throw /^schema:/.test(info.why)
        ? new UsageError(
            `${dir} is not a run that this version can read: its ${FILES.info} does not have schema 1`,
            {
              hint: 'use the version of rushhour that wrote the run, or a later one',
            },
          )
        : new UsageError(`${dir} is damaged: ${FILES.info}: ${info.why}`, {
            hint: `restore ${FILES.info} from a copy of the folder; nothing else records what was run`,
          });
  }
}

function readInfoFile(dir: string): Promise<JsonFile<RunInfo>> {
  return readJson(join(dir, FILES.info), runInfoSchema);
}

/**
 * Every second of a run, in order; a last line that was torn is passed over. Of a soak the seconds of its windows, and
 * then those that no window has taken up yet.
 */
export async function* readFrames(dir: string): AsyncGenerator<Frame> {
  const info = await readInfoFile(dir);
  // Frames are read of a folder whose run.json is gone, too.
  yield* framesOf(dir, info.kind === 'whole' ? info.value : undefined);
}
