import { accessSync, closeSync, constants, existsSync, openSync, readFileSync, readSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** A small file's text, trimmed and with white space collapsed; undefined if it cannot be read. */
export function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
      .trim()
      .replace(/[ \t]+/g, ' ');
  } catch {
    return undefined;
  }
}

/** Bytes per read. */
const PIECE = 65_536;

/**
 * The beginning of a possibly long ASCII file, no longer than needed.
 * @param enough whether the text so far is sufficient; called after each piece, whose last line may be cut
 * @returns the text so far, or all; undefined if it cannot be read
 */
export function readUntil(path: string, enough: (text: string) => boolean): string | undefined {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    return undefined;
  }
  try {
    const piece = Buffer.alloc(PIECE);
    let text = '';
    for (let length = readSync(file, piece); length > 0; length = readSync(file, piece)) {
      text += piece.toString('latin1', 0, length);
      if (enough(text)) break;
    }
    return text;
  } catch {
    return undefined;
  } finally {
    closeSync(file);
  }
}

/** Values of kernel settings by their dotted names; those that this kernel lacks are omitted. */
export function readSysctls(names: readonly string[]): Record<string, string> {
  const found = names.flatMap((name) => {
    const value = readText(`/proc/sys/${name.replaceAll('.', '/')}`);
    return value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(found);
}

/** Both limits of open files from the text of /proc/self/limits (proc_pid_limits(5)). */
export function parseFdLimits(limits: string): { soft: number | null; hard: number | null } {
  const [, soft, hard] = /^Max open files\s+(\S+)\s+(\S+)/m.exec(limits) ?? [];
  return { soft: toLimit(soft), hard: toLimit(hard) };
}

function toLimit(text: string | undefined): number | null {
  return text === undefined || text === 'unlimited' ? null : Number(text);
}

/** Where administrators' tools are installed; an ordinary user's PATH often lacks it. */
const SBIN = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/** Full paths of the tools that are installed. */
export function findTools(names: readonly string[], path: string): Record<string, string> {
  const dirs = [...path.split(delimiter).filter((dir) => dir !== ''), ...SBIN];
  const found = names.flatMap((name) => {
    const tool = dirs.map((dir) => join(dir, name)).find(isExecutable);
    return tool === undefined ? [] : [[name, tool] as const];
  });
  return Object.fromEntries(found);
}

function isExecutable(path: string): boolean {
  if (!existsSync(path)) return false;
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
