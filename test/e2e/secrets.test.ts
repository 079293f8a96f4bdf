import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readFilesBelow } from '../support/files-below.ts';
import { suiteNeeding } from '../support/suite-needing.ts';
import { makeWorkplace, type Workplace } from './rushhour.ts';

/** One for each place, so that a failure tells which. */
const CANARIES = ['header', 'cookie', 'list', 'body', 'query', 'page'].map((place) => `c4n4ry-${place}`);
const SCENARIO = `
schema: 1
description: Secrets wherever a scenario can hold one.
farEnd: embedded
defaults:
  target: /?token=c4n4ry-query
arms:
  web: { via: direct, load: { concurrency: 2, for: 2s } }
  people:
    via: direct
    load: { browsers: 1, for: 2s, page: { objects: 3, paths: ["/a?secret=c4n4ry-page"] } }
`;
const SETTINGS = [
  ...['--set', 'arms.web.request.headers.X-Internal=c4n4ry-header'],
  ...[
    '--set',
    'arms.web.request={ method: POST, headers: { Cookie: a=c4n4ry-cookie, X-L: [c4n4ry-list] }, body: c4n4ry-body }',
  ],
];

suiteNeeding('secrets in a run', ['linux'], () => {
  let place: Workplace;
  beforeAll(() => {
    place = makeWorkplace();
  });
  afterAll(() => place.clean());

  it('are in no title, message, file, report or export', async () => {
    const file = await place.scenario('secrets', SCENARIO);
    const args = ['run', file, ...SETTINGS, '--results', place.results];
    const { child, finished, until } = place.start(args);
    await until(/web/);
    const title = await readFile(`/proc/${child.pid}/cmdline`, 'latin1');
    const { code, stdout, stderr } = await finished;
    expect(code, stderr).toBe(0);
    const texts = new Map([
      ['title', title],
      ['output', stdout + stderr],
    ]);
    const [id = ''] = await readdir(place.results);
    const inResults = ['--results', place.results];
    const outputs = [
      ...[
        ['results', 'show', id],
        ['results', '--json'],
        ['compare', id, id],
        ['report', id],
      ],
      ...['seconds', 'arms', 'stalls', 'latencies', 'statuses'].map((what) => ['export', id, '--what', what]),
      ['run', file, ...SETTINGS, '--dry-run'],
    ];
    for (const each of outputs) {
      const told = await place.run([...each, ...inResults]);
      texts.set(each.join(' '), told.stdout + told.stderr);
    }
    for (const [path, text] of await readFilesBelow(join(place.results, id))) texts.set(path, text);
    expect([...texts.keys()]).toContain('report.html');
    expect(texts.get('run.json')).toContain('[redacted]');
    for (const [where, text] of texts) {
      for (const canary of CANARIES) expect(text, where).not.toContain(canary);
    }
  });
});
