import * as z from 'zod';
import { isFileName } from '../store/fleet-file.ts';
import { count } from '../store/shapes.ts';
import { readMessage } from './messages.ts';
import { PROTOCOL } from './protocol.ts';

/** The messages that carry the folder of a run, piece by piece. */

const envelope = { v: z.literal(PROTOCOL) };

const MOST_NAME = 300;
/** As it is told: whether it is one is for whoever would write it to say, so that one that is none drops no other. */
const toldName = z.string().max(MOST_NAME);

const piece = z.strictObject({
  file: toldName,
  offset: z
    .int()
    .min(0)
    .max(2 ** 43),
  bytes: z.int().min(0).max(1_048_576),
  /** The file is just this, whatever it was before; absent: it continues the file. */
  whole: z.literal(true).optional(),
});
export type Piece = z.output<typeof piece>;

/** The first line of a message about a run; what it announces follows. */
export const runPart = z.discriminatedUnion('kind', [
  z.strictObject({ ...envelope, kind: z.literal('pieces'), pieces: z.array(piece).min(1).max(200) }),
  z.strictObject({
    ...envelope,
    kind: z.literal('end'),
    files: z
      .array(z.strictObject({ file: toldName, bytes: count, sha256: z.string().regex(/^[0-9a-f]{64}$/) }))
      .max(500),
    /** Files that the probe removed to make room, with what was not sent of them: how long they were. */
    givenUp: z
      .array(z.strictObject({ file: toldName, bytes: count }))
      .max(500)
      .optional(),
    /** Files that somebody removed before all was sent; none, if their folder went before anything of it was. Absent: it is all there. */
    lost: z.array(toldName).max(500).optional(),
  }),
]);
export type RunPart = z.output<typeof runPart>;

const NEWLINE = 10;

/** A part of a run as one message: its head as a line of JSON, then the bytes. */
export function encodeRunPart(part: RunPart, contents: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat([Buffer.from(`${JSON.stringify(part)}\n`), ...contents]);
}

/** A part of a run, without what has a name that is none. */
export interface DecodedPart {
  readonly part: RunPart;
  /** Of each piece. */
  readonly contents: readonly Uint8Array[];
  /** Names that are none, as they were told: each once. */
  readonly refused: readonly string[];
}

/** @returns undefined if it is not one, or if its bytes are not as many as it says */
export function decodeRunPart(message: Uint8Array): DecodedPart | undefined {
  const end = message.indexOf(NEWLINE);
  const told = end < 0 ? undefined : readMessage(runPart, message.subarray(0, end));
  if (told === undefined) return undefined;
  const refused = new Set<string>();
  const isTaken = ({ file }: { readonly file: string }): boolean => {
    if (!isFileName(file)) refused.add(file);
    return isFileName(file);
  };
  if (told.kind === 'end') {
    const { files, givenUp, lost, ...rest } = told;
    const left = givenUp?.filter(isTaken);
    const part = {
      ...{ ...rest, files: files.filter(isTaken) },
      ...(left !== undefined && { givenUp: left }),
      ...(lost !== undefined && { lost: lost.filter((file) => isTaken({ file })) }),
    };
    return end + 1 === message.length ? { part, contents: [], refused: [...refused] } : undefined;
  }
  const pieces: Piece[] = [];
  const contents: Uint8Array[] = [];
  let from = end + 1;
  for (const each of told.pieces) {
    if (isTaken(each)) {
      pieces.push(each);
      contents.push(message.subarray(from, from + each.bytes));
    }
    from += each.bytes;
  }
  return from === message.length ? { part: { ...told, pieces }, contents, refused: [...refused] } : undefined;
}
