// package.json of an installed copy: what Node and rushhour read of it. To stdout.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const READ = ['name', 'version', 'description', 'author', 'license', 'type', 'engines'];
const manifest = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'));
const read = Object.fromEntries(READ.map((key) => [key, manifest[key]]));
process.stdout.write(`${JSON.stringify(read, null, 2)}\n`);
