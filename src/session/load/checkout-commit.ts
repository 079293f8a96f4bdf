import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** SHA-1, or SHA-256 (git-hash-function-transition). */
const HASH = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

/**
 * The commit that a folder is a checkout of, read from git's own files (gitrepository-layout): starting git would take
 * too long for --version, and git may not be installed. Undefined if the folder is not a checkout, or stores refs
 * differently (reftable). It does not tell whether files have been changed since.
 * @returns the full hash
 */
export function readCheckoutCommit(root: string): string | undefined {
  try {
    const gitDir = findGitDir(root);
    const head = readFileSync(join(gitDir, 'HEAD'), 'utf8').trim();
    const commit = head.startsWith('ref: ') ? readRef(gitDir, head.slice('ref: '.length)) : head;
    return commit !== undefined && HASH.test(commit) ? commit : undefined;
  } catch {
    return undefined;
  }
}

/** A worktree or a submodule has a file instead of the folder: `gitdir: <path>`. */
function findGitDir(root: string): string {
  const path = join(root, '.git');
  const text = readIfFile(path);
  return text === undefined ? path : resolve(root, text.trim().replace(/^gitdir: /, ''));
}

/** A worktree has its own HEAD but no branches: those are in the repository that it belongs to. */
function readRef(gitDir: string, ref: string): string | undefined {
  const common = readIfFile(join(gitDir, 'commondir'));
  const repository = common === undefined ? gitDir : resolve(gitDir, common.trim());
  const loose = readIfFile(join(repository, ref));
  if (loose !== undefined) return loose.trim();
  const packed = readIfFile(join(repository, 'packed-refs')) ?? '';
  const line = packed.split('\n').find((candidate) => candidate.endsWith(` ${ref}`));
  return line?.split(' ')[0];
}

/** Undefined if there is no such file, or it is a folder. */
function readIfFile(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
