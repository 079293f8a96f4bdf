import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCli } from '../../src/cli/run-cli.ts';
import { makeWorld, type WorldOptions } from '../evidence/far/world.ts';
import { makeFolder, recordRun } from '../store/runs.ts';
import { createFakeHost } from './fake-host.ts';

async function call(results: string, ...args: string[]) {
  const host = createFakeHost({ cwd: results });
  const code = await runCli([...args, '--results', results], host);
  return { code, out: host.stdout.text, err: host.stderr.text };
}

/** A run whose folder has evidence, and a capture of its far side. */
async function record(options: WorldOptions = {}) {
  const results = makeFolder();
  const { dir } = await recordRun(results, 2);
  const world = makeWorld(dir, { count: 45, ...options });
  return { results, dir, id: basename(dir), far: world.far, second: world.second };
}

describe('rushhour evidence', () => {
  it('says what became of stalled handshakes, with figures', async () => {
    const { results, id, far } = await record();
    const { code, out, err } = await call(results, 'evidence', id, '--far', far);
    expect([code, err]).toEqual([0, '']);
    const text = out.replace(/\s+/g, ' ');
    expect(text).toContain('40 of 45 kept attempts found at the far side, by sequence number');
    expect(text).toContain('the far clock is 3.00 s ahead, give or take');
    expect(text).toMatch(/of 30 stalled: 10 answered there by a bare ACK that never came back, 5 never seen/);
    expect(text).toContain('of 10 refused: 5 answered there by an RST, which came back, 5 answered by what');
    expect(text).toMatch(
      /stalled attempt 2, frozen: 2 SYNs sent, 2 arrived from 203\.0\.113\.1:\d+; answered: 2 ack; came back: nothing/,
    );
    expect(text).toContain('stalled attempt 3, frozen: 2 SYNs sent, never seen at the far side');
  });

  it('prints far.json, as it stands in the folder', async () => {
    const { results, dir, id, far } = await record();
    const { out } = await call(results, 'evidence', id, '--far', far, '--json');
    expect(JSON.parse(out)).toEqual(JSON.parse(readFileSync(join(dir, 'far.json'), 'utf8')));
  });

  it('puts the far side into the summary and the report, though the run was over', async () => {
    const { results, dir, id, far } = await record();
    const before = readFileSync(join(dir, 'summary.json'), 'utf8');
    expect((await call(results, 'results', 'show', id)).out).not.toContain('far side');
    await call(results, 'evidence', id, '--far', far);
    const { out } = await call(results, 'results', 'show', id);
    expect(out.replace(/\s+/g, ' ')).toContain('far side 40 of 45 kept attempts matched; of 30 stalled: 10');
    const report = (await call(results, 'report', id, '-o', '-')).out;
    expect(report).toContain('What the far side saw');
    expect(report).toContain('its first SYN: answered there by a bare ACK that never came back');
    expect(readFileSync(join(dir, 'summary.json'), 'utf8')).toBe(before);
  });

  it('takes each --far for another host', async () => {
    const { results, dir, id, far, second } = await record({ secondAheadMs: -7_000 });
    const { code, out, err } = await call(results, 'evidence', id, '--far', far, `--far=${second}`);
    expect([code, err]).toEqual([0, '']);
    const text = out.replace(/\s+/g, ' ');
    expect(text).toContain(
      `40 of 45 kept attempts found at the far side, by sequence number, 21 in ${far}, 19 in ${second}`,
    );
    expect(text).toContain(`${far}: the far clock is 3.00 s ahead, give or take`);
    expect(text).toContain(`${second}: the far clock is 7.00 s behind, give or take`);
    // Two files behind one --far are pieces of one capture.
    await call(results, 'evidence', id, '--far', far, second);
    expect(JSON.parse(readFileSync(join(dir, 'far.json'), 'utf8')).hosts).toBeUndefined();
  });

  it('says what is missing', async () => {
    const { results, id, far } = await record();
    const none = await call(results, 'evidence', id);
    expect(none.code).toBe(2);
    expect(none.err).toMatch(/has no capture of the far side/);
    expect(none.err).toContain('--far FILE');
    const gone = await call(results, 'evidence', id, '--far', `${far}.gone`);
    expect(gone.code).toBe(5);
    expect(gone.err).toContain('cannot be read (ENOENT');
    const bare = await recordRun(results, 1);
    const without = await call(results, 'evidence', basename(bare.dir), '--far', far);
    expect(without.code).toBe(2);
    expect(without.err).toContain('has no evidence of this side');
  });
});
