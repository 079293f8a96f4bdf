import { stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { isEvidenceLine } from './evidence-schema.ts';
import { EVIDENCE_FILES } from './files.ts';
import { eachLine } from './lines.ts';
import { parseLine } from './read-lines.ts';

/**
 * Takes away what a process left half written as it died: a torn last line, and packets that no line vouches for.
 * @returns how many attempts are kept
 */
export async function repairEvidence(dir: string): Promise<{ healthy: number; others: number }> {
  const path = join(dir, EVIDENCE_FILES.lines);
  const kept = { healthy: 0, others: 0 };
  let read = 0;
  let wholeEnd = 0;
  let captureEnd = 0;
  await eachLine(path, (bytes, start, end) => {
    read += end - start + 1;
    const line = parseLine(bytes.toString('utf8', start, end), isEvidenceLine);
    if (line === undefined) return;
    wholeEnd = read;
    kept[line.kind === 'healthy' ? 'healthy' : 'others'] += 1;
    captureEnd = Math.max(captureEnd, line.capture?.[1] ?? 0);
  });
  await cutTo(path, wholeEnd);
  await cutTo(join(dir, EVIDENCE_FILES.capture), captureEnd);
  return kept;
}

async function cutTo(path: string, bytes: number): Promise<void> {
  const size = await stat(path).then(
    (found) => found.size,
    () => 0,
  );
  if (size > bytes) await truncate(path, bytes);
}
