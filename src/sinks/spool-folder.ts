import { createHash } from 'node:crypto';
import { readdir, readFile, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { makeFolder } from '../store/make-folder.ts';
import { isAlive, markProcess } from '../store/process-mark.ts';

/**
 * `<spool>/<sink>/<process>/`: segments, one batch each, and the journal, in which the seconds of the batch that is not
 * yet closed stand as they came. A segment's name says when and by whom it was made, its place there, and its seconds.
 */
const SEGMENT = /^(\d{13})-\d+-\d{8}-(\d+)\.lp\.gz$/;
export const JOURNAL = 'journal.lp';
/** Its lines begin so: one for each second. */
const SECOND = /^rushhour_run,/gm;

export interface Segment {
  readonly path: string;
  readonly seconds: number;
  readonly bytes: number;
}

/** Names a process among those of this machine, and of earlier boots: pid, start, boot. */
function nameProcess(): string {
  const { pid, startTicks, bootId } = markProcess();
  return `${pid}_${startTicks}_${bootId}`;
}

function isDead(name: string): boolean {
  const [pid = '', startTicks = '', bootId = ''] = name.split('_');
  return /^\d+$/.test(pid) && !isAlive({ pid: Number(pid), startTicks, bootId });
}

/** A folder's name for a sink: readable, and never that of another. */
export function nameSpool(kind: string, host: string, address: string): string {
  const digest = createHash('sha256').update(address).digest('hex').slice(0, 8);
  return `${kind}-${host.replace(/[^A-Za-z0-9.-]/g, '')}-${digest}`;
}

export function nameSegment(createdMs: number, sequence: number, seconds: number, pid = process.pid): string {
  const [time, place] = [String(createdMs).padStart(13, '0'), String(sequence).padStart(8, '0')];
  return `${time}-${pid}-${place}-${seconds}.lp.gz`;
}

/**
 * Creates this process's folder and moves the segments of dead processes into it: the first process to rename a file
 * has it.
 * @returns the folder and its segments, oldest first
 * @throws Error of the system
 */
export async function claimFolder(parent: string): Promise<{ dir: string; segments: Segment[] }> {
  const own = nameProcess();
  const dir = join(parent, own);
  await makeFolder(dir);
  for (const name of await readdir(parent)) {
    if (name === own || !isDead(name)) continue;
    await adopt(join(parent, name), dir);
  }
  await sealJournal(dir, dir);
  const names = await listSegments(dir);
  const segments = await Promise.all(names.map((name) => measure(join(dir, name))));
  return { dir, segments };
}

/** Names, oldest first. */
async function listSegments(dir: string): Promise<string[]> {
  return (await readdir(dir)).filter((name) => SEGMENT.test(name)).sort();
}

async function adopt(from: string, to: string): Promise<void> {
  await sealJournal(from, to).catch(ignoreMissing);
  for (const name of await readdir(from).catch(() => [])) {
    if (SEGMENT.test(name)) await rename(join(from, name), join(to, name)).catch(ignoreMissing);
    else await rm(join(from, name), { force: true });
  }
  // Another process may be doing the same; the rest is then its own.
  await rmdir(from).catch(() => undefined);
}

/**
 * What a dead process had not closed becomes the last segment of its folder, whole lines only. A file's time is that
 * of the kernel's last tick, so it may be some milliseconds before that of a segment that was closed earlier.
 */
async function sealJournal(from: string, to: string): Promise<void> {
  const journal = join(from, JOURNAL);
  const text = await readFile(journal, 'utf8').catch(() => '');
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  if (whole !== '') {
    const { mtimeMs } = await stat(journal);
    const seconds = whole.match(SECOND)?.length ?? 0;
    const lastMs = Number(SEGMENT.exec((await listSegments(from)).at(-1) ?? '')?.[1] ?? 0);
    const createdMs = Math.max(Math.round(mtimeMs), lastMs + 1);
    const name = nameSegment(createdMs, 0, seconds, Number.parseInt(basename(from), 10));
    await writeWhole(join(to, name), gzipSync(whole));
  }
  await rm(journal, { force: true });
}

/**
 * A reader sees all of a file or none of it.
 * @throws Error of the system; nothing is left then
 */
export async function writeWhole(path: string, content: Buffer): Promise<void> {
  const draft = `${path}.new`;
  try {
    await writeFile(draft, content);
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

async function measure(path: string): Promise<Segment> {
  const seconds = Number(SEGMENT.exec(basename(path))?.[2] ?? 0);
  return { path, seconds, bytes: onDisk((await stat(path)).size) };
}

/** File systems give out whole blocks: many small files take more than their sizes say. */
export function onDisk(size: number): number {
  return Math.ceil(size / 4_096) * 4_096;
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}
