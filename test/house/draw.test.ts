import { describe, expect, it } from 'vitest';
import { draw, findFaults, findUntold, readImports, reduceArrows, renew } from '../../house/draw.mjs';

const IMPORTS: readonly [string, string][] = readImports();

describe('the table of rooms', () => {
  it('has every import between rooms, and no arrow that none takes', () => {
    expect(IMPORTS.length).toBeGreaterThan(500);
    expect(findFaults(IMPORTS)).toEqual([]);
  });

  it('is told where an import is not in it, and where an arrow is not used', () => {
    const rooms = { cli: { store: '' }, store: { 'metrics/(types|counts)': '' }, metrics: {} };
    expect(
      findFaults(
        [
          ['store', 'metrics/types'],
          ['store', 'metrics/typeset'],
          ['metrics', 'cli/main'],
        ],
        rooms,
      ),
    ).toEqual([
      'cli may import store, and does not: take the arrow out of house/rooms.cjs',
      'store imports metrics/typeset, and may not: see house/rooms.cjs',
      'metrics imports cli/main, and may not: see house/rooms.cjs',
    ]);
  });

  it('is told where the page does not say what a room is for', () => {
    expect(findUntold('| `cli/` | commands |\n| `attic/` | old things |\n', ['cli', 'store'])).toEqual([
      'docs/architecture.md does not say what store/ is for',
      'docs/architecture.md tells of attic/, which is no room',
    ]);
  });
});

describe('the drawing', () => {
  it('leaves out an arrow where a longer way leads to the same room', () => {
    const imports = [
      ['cli', 'session/start'],
      ['cli', 'store/files'],
      ['session', 'store/files'],
    ];
    const rooms = { cli: { session: '', store: '' }, session: { store: '' }, store: {} };
    expect(reduceArrows(imports, rooms)).toEqual([
      ['cli', 'session'],
      ['session', 'store'],
    ]);
    // Through a part of a room no way leads on.
    expect(reduceArrows(imports, { ...rooms, cli: { 'session/start': '', store: '' } })).toEqual([
      ['cli', 'session', 'start'],
      ['cli', 'store'],
      ['session', 'store'],
    ]);
  });

  it('takes its own part of the page alone, again and again', () => {
    const page = 'before\n<!-- made by npm run house -->\n<!-- end -->\nafter\n';
    const once = renew(page, draw(IMPORTS));
    expect(once).toContain('cli --> ');
    expect(renew(once, draw(IMPORTS))).toBe(once);
    expect(once.startsWith('before\n') && once.endsWith('\nafter\n')).toBe(true);
  });
});
