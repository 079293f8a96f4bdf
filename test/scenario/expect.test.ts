import { describe, expect, it } from 'vitest';
import { parseScenario } from '../../src/scenario/load.ts';
import { mistakesIn } from './support.ts';

const armWith = (expected: string): string => `schema: 1
target: http://h/
arms:
  a:
    via: direct
    expect: ${expected}
    load: { concurrency: 1, attempts: 1 }
`;

describe('what a response must hold', () => {
  it.each([
    ['{ status: 404 }', { kind: 'status', statuses: [404] }],
    [
      '{ body: { contains: Welcome } }',
      { statuses: [200], content: { body: { contains: ['Welcome'], matches: [], notContains: [] } } },
    ],
    [
      `{ status: [], body: { matches: ['a\\d', b], notContains: [x, y] } }`,
      { statuses: [], content: { body: { contains: [], matches: ['a\\d', 'b'], notContains: ['x', 'y'] } } },
    ],
    ['{ bytes: 100..5000 }', { content: { bytes: { from: 100, to: 5_000 } } }],
    ['{ bytes: 100.. }', { content: { bytes: { from: 100, to: Number.MAX_SAFE_INTEGER } } }],
    ['{ bytes: ..50 }', { content: { bytes: { from: 0, to: 50 } } }],
    ['{ bytes: 7 }', { content: { bytes: { from: 7, to: 7 } } }],
    ['{ header: { X-Cache: HIT } }', { content: { headers: [['x-cache', 'HIT']] } }],
  ])('is read: %s', (written, expected) => {
    expect(parseScenario(armWith(written), 'test').arms[0]?.expect).toMatchObject(expected);
  });

  it.each([
    ['{ }', 'bad.yaml:6:13: an empty expectation — add status, body, bytes or header'],
    ['{ body: { } }', '6:21: an empty expectation — add contains, matches or notContains'],
    ['{ body: { contain: x } }', '6:23: unknown key "contain" — did you mean "contains"?'],
    [
      "{ body: { contains: '' } }",
      '6:33: an empty text matches every body — write what the body must contain',
    ],
    ["{ body: { matches: '(' } }", '6:32: "(" is not a regular expression (Invalid regular expression: /(/'],
    ['{ bytes: 9..1 }', '6:22: "9..1" ends before it begins — write the smaller number first'],
    [
      '{ bytes: many }',
      '6:22: "many" is not a number of bytes — write a number, or a range such as 100..5000',
    ],
    ['{ bytes: .. }', '6:22: ".." is not a number of bytes'],
    ['{ header: { X Y: a } }', '"X Y" is not a header name'],
  ])('is refused with line and remedy: %s', (written, mistake) => {
    expect(mistakesIn(armWith(written)).join('\n')).toContain(mistake);
  });

  it('is refused where nobody could look into it', () => {
    const head = armWith('{ bytes: 1 }').replace('    load:', '    request: { method: HEAD }\n    load:');
    expect(mistakesIn(head).join()).toContain('a response to HEAD has no body');
    const browsers = armWith('{ body: { contains: x } }').replace(
      '{ concurrency: 1, attempts: 1 }',
      '{ browsers: 2, for: 5s, page: { objects: 2 } }',
    );
    expect(mistakesIn(browsers).join()).toContain('browsers do not examine responses');
  });
});
