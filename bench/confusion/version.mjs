import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');

/** What a diagnosis is made by, as it was built: another digest may judge otherwise. */
const RULES = ['analysis/causes', 'analysis/observations', 'analysis/findings', 'analysis/inquiry'];

/** @returns {import('./types.d.mts').Version} */
export function readVersion() {
  return { commit: readCommit(), rules: digestRules() };
}

function readCommit() {
  try {
    return execFileSync('git', ['rev-parse', '--short=12', 'HEAD'], {
      ...{ cwd: ROOT, encoding: 'utf8' },
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return 'unknown';
  }
}

function digestRules() {
  const hash = createHash('sha256');
  for (const folder of RULES) {
    const dir = join(ROOT, 'dist', folder);
    for (const file of listFiles(dir))
      hash.update(`${folder}/${file}\n`).update(readFileSync(join(dir, file)));
  }
  hash.update(readText('scenarios/diagnose.yaml'));
  return hash.digest('hex').slice(0, 12);
}

function readText(file) {
  try {
    return readFileSync(join(ROOT, file), 'utf8');
  } catch {
    return '';
  }
}

function listFiles(dir) {
  try {
    const files = readdirSync(dir, { recursive: true, encoding: 'utf8' });
    return files.filter((file) => file.endsWith('.js')).sort();
  } catch {
    return [];
  }
}
