import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const TEST = join(import.meta.dirname, '..');

/** Of packages that every Debian has (priority required: bash, coreutils, dash, libc-bin, mount, util-linux). */
const EVERYWHERE = ['bash', 'flock', 'ldd', 'mount', 'setsid', 'sh', 'timeout'];

/** Needs that are no tools. */
const OTHER = /^(?:linux|root|netns|npm:.*|(?:\.cache)?\/.*)$/;

/** The list of needs of a suite, in the call or in a constant above it. */
const NEEDS = /(?:suiteNeeding\(\s*(?:'[^']*'|"[^"]*"),\s*|const NEEDS(?:: [^=]*)? = )\[([^\]]*)\]/g;

/** Otherwise a suite is skipped wherever nobody happens to have the tool, CI included. */
it('every tool that a suite needs is installed by test/setup', () => {
  const files = readdirSync(TEST, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.test.ts'),
  );
  const needed = new Set(
    files
      .flatMap((name) => [...readFileSync(join(TEST, name), 'utf8').matchAll(NEEDS)])
      .flatMap(([, list = '']) => [...list.matchAll(/'([^']+)'/g)].map(([, need = '']) => need))
      .filter((need) => !OTHER.test(need)),
  );
  expect(needed.size).toBeGreaterThan(30);
  const [, listed = ''] = /<<'LIST'\n(.*?)^LIST$/ms.exec(readFileSync(join(TEST, 'setup'), 'utf8')) ?? [];
  const installed = new Set([...EVERYWHERE, ...listed.split('\n').map((line) => line.split(' ')[0] ?? '')]);
  expect([...needed].filter((tool) => !installed.has(tool))).toEqual([]);
});
