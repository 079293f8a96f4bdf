import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Evidence } from '../metrics/evidence.ts';
import { AppendFile } from './append-file.ts';
import { repairEvidence } from './evidence-repair.ts';
import { EVIDENCE_FILES } from './files.ts';
import { Journal, type Step, waiting } from './journal.ts';
import { StallQuota } from './stall-quota.ts';

/** What is kept of one attempt: what was seen, and its packets as blocks of pcapng. */
export interface KeptEvidence {
  readonly evidence: Evidence;
  readonly blocks: Uint8Array;
}

export interface EvidenceLogOptions {
  readonly dir: string;
  /** What a capture begins with. */
  readonly head: Uint8Array;
  /** Of a soak: a window may take a share of what is left alone. */
  readonly windowSec?: number;
  readonly onFailure: (message: string) => void;
  /** Most bytes of the capture. */
  readonly maxCaptureBytes?: number;
}

const MAX_CAPTURE_BYTES = 64 * 1024 * 1024;

/** Waits for a full disk; then the oldest goes. */
const MAX_WAITING_BYTES = 4 * 1024 * 1024;

/** A run's healthy attempts are a sample beside the others. */
const MOST_HEALTHY = 1_000;
/** As for stalls (window-files.ts). */
const WINDOW_SHARE = 1 / 50;

/**
 * Keeps what was seen of attempts: packets first, then the line that says where they are, so that a line vouches for what stands
 * before it. Files are there once there is something to keep. Whatever happens to them, the run goes on.
 */
export class EvidenceLog {
  readonly #options: EvidenceLogOptions;
  readonly #journal = new Journal(MAX_WAITING_BYTES);
  #files: Promise<EvidenceFiles> | undefined;
  #queue: Promise<void> = Promise.resolve();
  #isFailing = false;

  constructor(options: EvidenceLogOptions) {
    this.#options = options;
  }

  /** @param second in which it became known, since the run's start; ascending */
  add(second: number, kept: readonly KeptEvidence[]): void {
    if (kept.length === 0) return;
    this.#inTurn(async () => {
      const files = await this.#open();
      const chosen = kept.filter(({ evidence }) => files.hasRoom(second, evidence));
      if (chosen.length === 0) return;
      const bytes = chosen.reduce((sum, { blocks }) => sum + blocks.length + 1_024, 0);
      this.#tell(await this.#journal.add({ steps: files.stepsFor(chosen), bytes }));
    });
  }

  /** Writes what waits, as far as it can be written, and closes the files. */
  async close(): Promise<void> {
    this.#inTurn(async () => {
      if (this.#files === undefined) return;
      await this.#journal.flush();
      const { waiting: waits, dropped } = this.#journal;
      if (waits + dropped > 0)
        this.#options.onFailure(
          `some evidence could not be written: attempts are missing from ${EVIDENCE_FILES.lines} and ${EVIDENCE_FILES.capture}`,
        );
      const files = await this.#files;
      this.#files = undefined;
      await files.close();
    });
    await this.#queue;
  }

  #open(): Promise<EvidenceFiles> {
    const opening = this.#files ?? EvidenceFiles.open(this.#options);
    this.#files = opening;
    // Where even that has no room it is tried again.
    opening.catch(() => {
      this.#files = undefined;
    });
    return opening;
  }

  #inTurn(act: () => Promise<void>): void {
    this.#queue = this.#queue.then(act).catch((error: NodeJS.ErrnoException) => this.#tell(error));
  }

  #tell(error: NodeJS.ErrnoException | undefined): void {
    if (error === undefined || this.#isFailing) return;
    this.#isFailing = true;
    const what = error.code === 'ENOSPC' ? 'the disk is full' : error.message;
    this.#options.onFailure(`${what}: evidence waits in memory, and its oldest goes when that is full`);
  }
}

class EvidenceFiles {
  readonly #head: Uint8Array;
  readonly #maxCaptureBytes: number;
  readonly #lines: AppendFile;
  readonly #capture: AppendFile;
  readonly #quota: StallQuota;
  readonly #healthy: StallQuota;

  private constructor(
    { head, windowSec, maxCaptureBytes = MAX_CAPTURE_BYTES }: EvidenceLogOptions,
    [lines, capture]: readonly [AppendFile, AppendFile],
    kept: { readonly healthy: number; readonly others: number },
  ) {
    this.#head = head;
    this.#maxCaptureBytes = maxCaptureBytes;
    this.#lines = lines;
    this.#capture = capture;
    const share = windowSec === undefined ? {} : { windowSec, share: WINDOW_SHARE };
    this.#quota = new StallQuota({ ...share, kept: kept.others });
    this.#healthy = new StallQuota({ ...share, kept: kept.healthy, most: MOST_HEALTHY });
  }

  /** Those of an earlier process go on. @throws Error of the system */
  static async open(options: EvidenceLogOptions): Promise<EvidenceFiles> {
    const { dir } = options;
    const capture = join(dir, EVIDENCE_FILES.capture);
    await makeFolder(dirname(capture));
    const kept = await repairEvidence(dir);
    const [lines, packets] = await AppendFile.openAll([join(dir, EVIDENCE_FILES.lines), capture]);
    return new EvidenceFiles(options, [lines!, packets!], kept);
  }

  hasRoom(second: number, { kind }: Evidence): boolean {
    return (kind === 'healthy' ? this.#healthy : this.#quota).take(second, 1) === 1;
  }

  stepsFor(chosen: readonly KeptEvidence[]): Step[] {
    let lines: string | undefined;
    let isHanded = false;
    return [
      () =>
        waiting(async () => {
          if (isHanded) return this.#capture.append('');
          const { blocks, text } = this.#place(chosen);
          lines = text;
          isHanded = true;
          return this.#capture.append(blocks);
        }),
      () =>
        waiting(async () => {
          const text = lines ?? '';
          lines = '';
          return this.#lines.append(text);
        }),
    ];
  }

  close(): Promise<void> {
    return Promise.all([this.#lines.close(), this.#capture.close()]).then(() => undefined);
  }

  /** Nothing waits in the file by now: it is as long as it says. */
  #place(chosen: readonly KeptEvidence[]): { blocks: Uint8Array; text: string } {
    const parts: Uint8Array[] = this.#capture.length === 0 ? [this.#head] : [];
    let at = this.#capture.length + (parts[0]?.length ?? 0);
    const lines = chosen.map(({ evidence, blocks }) => {
      if (blocks.length === 0 || at + blocks.length > this.#maxCaptureBytes) return evidence;
      parts.push(blocks);
      at += blocks.length;
      return { ...evidence, capture: [at - blocks.length, at] };
    });
    return { blocks: Buffer.concat(parts), text: lines.map((line) => `${JSON.stringify(line)}\n`).join('') };
  }
}

/** In a folder that is there: where that is gone, none is made. */
async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
