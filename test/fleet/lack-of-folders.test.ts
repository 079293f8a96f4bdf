import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { lackOfFolders } from '../../src/fleet/probe/lack-of-folders.ts';

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'rushhour-folders-'));
});
afterAll(() => rmSync(dir, { recursive: true }));

it('makes the folders of a probe anew, and says without a path where that cannot be', async () => {
  const [results, outbox] = [join(dir, 'results'), join(dir, 'results/.probe/outbox')];
  mkdirSync(results);
  rmSync(results, { recursive: true });
  expect(await lackOfFolders(results, outbox)).toBeUndefined();
  expect([statSync(results).isDirectory(), statSync(outbox).mode & 0o777]).toEqual([true, 0o700]);
  rmSync(results, { recursive: true });
  writeFileSync(results, '');
  expect(await lackOfFolders(results, outbox)).toEqual({
    ...{ name: 'results', level: 'fail', what: 'it cannot keep what it records (EEXIST)' },
    mend: 'its owner has to make the folders of --results and --state writable',
  });
});
