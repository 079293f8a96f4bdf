import { join } from 'node:path';
import type { Evidence } from '../metrics/evidence.ts';
import { isEvidenceLine } from './evidence-schema.ts';
import { EVIDENCE_FILES } from './files.ts';
import { parseLine, readLines } from './read-lines.ts';

/** What was seen of attempts, in the order in which it became known; a run without has none. */
export async function* readEvidence(dir: string): AsyncGenerator<Evidence> {
  for await (const lines of readLines(join(dir, EVIDENCE_FILES.lines))) {
    for (const line of lines) {
      const evidence = parseLine(line, isEvidenceLine);
      if (evidence !== undefined) yield evidence;
    }
  }
}
