import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCli } from '../../src/cli/run-cli.ts';
import { createFakeHost } from '../cli/fake-host.ts';
import { makeExperiment } from './experiments.ts';
import { makeFolder, readAll, recordRun } from './runs.ts';

async function call(results: string, ...args: string[]) {
  const host = createFakeHost({ cwd: results });
  const code = await runCli([...args, '--results', results], host);
  return { code, out: host.stdout.text, err: host.stderr.text };
}

describe('what an earlier version recorded on io_uring', () => {
  it.each([['with its summary'], ['killed before it had one']])('opens: a run %s', async (how) => {
    const results = makeFolder();
    const { dir, id } = await recordRun(results, 3);
    const { 'run.json': info, 'summary.json': summary } = await readAll(dir);
    const recorded = { ...JSON.parse(info!), reactor: 'io_uring' };
    await writeFile(join(dir, 'run.json'), JSON.stringify(recorded));
    const stored = JSON.parse(summary!);
    const kept = { ...stored, run: { ...stored.run, reactor: 'io_uring' } };
    if (how === 'with its summary') await writeFile(join(dir, 'summary.json'), JSON.stringify(kept));
    else await writeFile(join(dir, 'summary.json'), '');
    const { code, out } = await call(results, 'results', 'show', id, '--json');
    expect(code).toBe(0);
    expect(JSON.parse(out).run).toMatchObject({ id, reactor: 'io_uring' });
    const other = await recordRun(results, 3);
    const compared = await call(results, 'compare', id, other.id, '--anyway');
    expect(compared.err).toBe('');
    expect(compared.out).toContain(id);
  });

  it('is no experiment that goes on: its rounds could not be compared', async () => {
    const results = makeFolder();
    const id = '20251128-060000-steady';
    await makeExperiment(join(results, 'experiments', `${id}.json`), { reactor: 'io_uring' });
    const { code, err } = await call(results, 'experiment', '--resume', id);
    expect(code).toBe(2);
    expect(err).toContain(
      `experiment ${id} was started with io_uring, which the raw engine no longer supports`,
    );
  });
});
