import { execFileSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import { describe } from 'vitest';

declare module 'vitest' {
  interface TaskMeta {
    /** Why a suite was skipped; the closing line of a run names it. */
    skipReason?: string;
  }
}

/**
 * What a suite needs of the machine: `linux`; `root`; `netns` (network namespaces may be made: root alone is not
 * enough in a container); `npm:` and an optional package; a path that begins with `/`, or with `.cache/` for what test/setup
 * fetches into this checkout; anything else is the name of a tool.
 */
export type Need = string;

const CHECKOUT = join(import.meta.dirname, '../..');

/** Where administrators' tools live; a plain user's PATH often lacks it. */
const SBIN = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/** The full path of a tool, or undefined where the machine has none. */
export function findTool(name: string): string | undefined {
  const dirs = [...(process.env['PATH'] ?? '').split(delimiter), ...SBIN];
  return dirs.map((dir) => join(dir, name)).find(isExecutable);
}

/**
 * A `describe` that is skipped, by name and with its reason, where the machine lacks something. test/setup reads the
 * calls from the files to say beforehand what will be skipped: write name and needs as literals.
 */
export function suiteNeeding(name: string, needs: readonly Need[], define: () => void): void {
  const missing = needs.map(whyMissing).find((reason) => reason !== undefined);
  if (missing === undefined) describe(name, define);
  else describe(name, { skip: true, meta: { skipReason: missing } }, define);
}

function whyMissing(need: Need): string | undefined {
  if (need === 'linux') return process.platform === 'linux' ? undefined : 'needs Linux';
  if (need === 'root') return process.getuid?.() === 0 ? undefined : 'needs root';
  if (need === 'netns') return canMakeNamespaces() ? undefined : 'needs to make network namespaces';
  if (need.startsWith('npm:')) {
    const name = need.slice('npm:'.length);
    return canRequire(name) ? undefined : `needs the npm package ${name}`;
  }
  if (need.startsWith('.cache/'))
    return existsSync(join(CHECKOUT, need)) ? undefined : `needs ${need}, which test/setup fetches`;
  if (need.startsWith('/')) return existsSync(need) ? undefined : `needs ${need}`;
  return findTool(need) === undefined ? `needs ${need}` : undefined;
}

let namespaces: boolean | undefined;

function canMakeNamespaces(): boolean {
  namespaces ??= succeeds('unshare', ['--net', 'true']);
  return namespaces;
}

function canRequire(name: string): boolean {
  try {
    createRequire(import.meta.url)(name);
    return true;
  } catch {
    return false;
  }
}

function succeeds(command: string, args: readonly string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
