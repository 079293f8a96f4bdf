import { execFileSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');

/**
 * Builds dist/ before the first test where it is missing or older than src/: engines that run in a child process or a
 * network namespace run from there, module by module, and programs that are started, as a bundle. tsc writes its output in spite of type errors, which `npm run types` reports.
 */
export default function buildOnce(): void {
  if (!isStale()) return;
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  try {
    execFileSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { cwd: ROOT, stdio: 'pipe' });
  } catch (cause) {
    if (isStale()) throw new Error('tsc built no dist/: run npm run build:modules to see why', { cause });
  }
  // What is started is the bundle, as users have it.
  execFileSync(process.execPath, ['packaging/bundle.mjs'], { cwd: ROOT, stdio: 'inherit' });
}

function isStale(): boolean {
  const files = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' });
  const sources = files.filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'));
  return sources.some((file) => {
    const built = join(ROOT, 'dist', file.replace(/\.ts$/, '.js'));
    const builtAt = statSync(built, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    return builtAt < statSync(join(ROOT, 'src', file)).mtimeMs;
  });
}
