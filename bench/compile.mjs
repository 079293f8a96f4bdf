import { execFileSync } from 'node:child_process';
import { accessSync, constants, mkdirSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const HERE = import.meta.dirname;

/** Where administrators' tools live; a plain user's PATH often lacks it. */
const SBIN = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/**
 * The full path of a tool, or undefined where the system has none.
 *
 * @param {string} name
 */
export function findTool(name) {
  const dirs = [...(process.env.PATH ?? '').split(delimiter), ...SBIN];
  return dirs.map((dir) => join(dir, name)).find(isExecutable);
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Compiles one of the C programs in floor/ unless it is newer than its source.
 *
 * @param {'floor' | 'holder' | 'measure' | 'neighbour' | 'responder' | 'sink' | 'stateless'} name
 * @returns {string} the program's path
 * @throws where there is no C compiler
 */
export function compile(name) {
  const source = join(HERE, 'floor', `${name}.c`);
  const program = join(HERE, 'build', name);
  const built = statSync(program, { throwIfNoEntry: false });
  if (built !== undefined && built.mtimeMs > statSync(source).mtimeMs) return program;
  const compiler = findTool('cc') ?? findTool('gcc');
  if (compiler === undefined)
    throw new Error('a C compiler is needed for the floor: apt-get install gcc libc6-dev');
  mkdirSync(join(HERE, 'build'), { recursive: true });
  execFileSync(compiler, ['-O2', '-Wall', '-Wextra', '-Werror', '-o', program, source], { stdio: 'inherit' });
  return program;
}
