import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { makeWorkplace } from './rushhour.ts';

const SECRET = 'hUnter2secretvalue';

/** A firewall that is a folder: its settings, and a counter that rises whenever it is read. */
const scenarioFor = (dir: string) => `
schema: 1
description: Two seconds of load, and a firewall that is a folder.
farEnd: embedded
arms:
  hit: { via: tcp, close: fin, hold: 200ms, load: { concurrency: 4, attempts: 40 } }
firewall:
  before: 'cd ${dir}; cat timers; echo $(( $(cat count) + 3 )) > count; echo "drops: $(cat count)"'
  run: 'echo sessions 7; exit 4'
  every: 1s
`;

it('a change on the firewall between two runs is said, apart from its counters and without its secrets', async () => {
  const place = makeWorkplace();
  try {
    const file = await place.scenario('asked', scenarioFor(place.dir));
    await writeFile(join(place.dir, 'count'), '5\n');
    const told: string[] = [];
    for (const timer of [1, 60]) {
      await writeFile(
        join(place.dir, 'timers'),
        `config system global\n set psksecret ENC ${SECRET}\n set tcp-timewait-timer ${timer}\nend\n`,
      );
      const { stdout, stderr, code } = await place.run([
        ...['run', file, '--label', `timer ${timer}`, '--results', place.results],
      ]);
      // Nothing of it starts by the clock, so that a busy machine is late for nothing.
      expect(code, stderr).toBe(0);
      told.push(stderr + stdout);
    }
    expect(told[0]).toContain('before the load and after it: cd ');
    expect(told[0]).toMatch(
      /firewall: the command during the load \(echo\) ended with exit code 4; the load continues/,
    );
    expect(told[0]).toMatch(
      /^firewall +asked before, after the load;[\s\S]*?moved meanwhile: drops 8 to 11$/m,
    );

    const compare = ['compare', 'timer 1', 'timer 60', '--results', place.results];
    const sentence = "between these runs the firewall's tcp-timewait-timer went from 1 to 60 (system global)";
    expect((await place.run(compare)).stdout).toContain(`firewall    ${sentence}\n`);
    expect((await place.run([...compare, '--markdown'])).stdout).toContain(`- ${sentence}\n`);
    const { firewall } = JSON.parse((await place.run([...compare, '--json'])).stdout);
    expect(firewall).toMatchObject({
      changes: [{ key: 'tcp-timewait-timer', from: '1', to: '60' }],
      more: 0,
    });
    const { stdout: page } = await place.run([
      ...['report', 'timer 1', 'timer 60', '--results', place.results, '-o', '-'],
    ]);
    expect(page).toContain('between these runs the firewall&#39;s tcp-timewait-timer went from 1 to 60');
    expect(page).toMatch(/<th[^>]*>before: drops<\/th>/);

    const kept = await readdir(place.results, { recursive: true, withFileTypes: true });
    const files = kept.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    for (const path of files) expect(await readFile(path, 'utf8')).not.toContain(SECRET);
    expect(told.join()).not.toContain(SECRET);
    expect(files.filter((path) => path.endsWith('firewall.jsonl'))).toHaveLength(2);
  } finally {
    await place.clean();
  }
}, 60_000);
