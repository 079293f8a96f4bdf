import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** `import { a, b as c } from '../dist/x.js'`, and the same of `await import()`. */
const IMPORT =
  /(?:import\s*\{([^{}]*)\}\s*from|(?:const|let)\s*\{([^{}]*)\}\s*=\s*await import\()\s*'([^']*\/dist\/[^']*)'/g;

/** Scripts have no types: what they import from dist/ is not looked at before they run. */
it('scripts of bench/ and test/ import from dist/ only what it exports', async () => {
  const wanted = ['bench', 'test'].flatMap((dir) =>
    readdirSync(join(ROOT, dir), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.mjs'))
      .flatMap((name) => readImports(join(ROOT, dir, name))),
  );
  expect(wanted.length).toBeGreaterThan(10);
  const missing: string[] = [];
  for (const { script, module, name } of wanted) {
    if (!(name in ((await import(module)) as object))) missing.push(`${script}: ${name} of ${module}`);
  }
  expect(missing).toEqual([]);
});

function readImports(script: string): { script: string; module: string; name: string }[] {
  return [...readFileSync(script, 'utf8').matchAll(IMPORT)].flatMap(([, some, others, path = '']) => {
    const module = new URL(path, pathToFileURL(script)).href;
    const names = (some ?? others ?? '').split(',').map((part) => part.trim().split(/\s+as\s+|:/)[0]!);
    return names.filter((name) => name !== '').map((name) => ({ script, module, name }));
  });
}
