// Imports every module of dist/ that is not a program of its own.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const DIST = join(import.meta.dirname, '../../dist');
const programs = new Set(process.argv.slice(2));
let count = 0;
for (const file of readdirSync(DIST, { recursive: true })) {
  if (!file.endsWith('.js') || programs.has(file)) continue;
  await import(pathToFileURL(join(DIST, file)).href);
  count += 1;
}
process.stdout.write(`${count}\n`);
process.exit();
