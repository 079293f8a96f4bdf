import { describe, expect, it } from 'vitest';
import { Catalog } from '../../src/serve/catalog.ts';
import { makeFolder, recordRun } from '../store/runs.ts';

describe('the catalog of runs', () => {
  it('reads the folder once a second, however many ask', async () => {
    let nowMs = 0;
    const results = makeFolder();
    const catalog = new Catalog(results, () => nowMs);
    const first = catalog.list();
    nowMs = 5_000;
    expect(catalog.list()).toBe(first);
    expect(await first).toEqual([]);
    const { id } = await recordRun(results, 1);
    nowMs += 1_000;
    expect(await catalog.list()).toEqual([]);
    nowMs += 1;
    expect((await catalog.list()).map(({ folder }) => folder)).toEqual([id]);
  });

  it('tells the figures of a finished run', async () => {
    const results = makeFolder();
    const { id, summary } = await recordRun(results, 2);
    const catalog = new Catalog(results);
    const { started, stalled } = summary.arms['stress']!;
    expect(await catalog.figures(await catalog.find(id))).toMatchObject({
      arms: [{ name: 'stress', started, stalled: stalled.count, rate: stalled.rate, ci95: stalled.ci95 }],
    });
    await expect(catalog.find('..')).rejects.toMatchObject({ status: 404 });
  });
});
