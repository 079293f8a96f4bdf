import { readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCli } from '../../src/cli/run-cli.ts';
import { keepFleet, type PlayedSecond, partOf, RUN, recordPart } from '../read/fleet/fleets.ts';
import { openSite } from '../serve/site.ts';
import { makeFolder } from '../store/runs.ts';
import { createFakeHost } from './fake-host.ts';
import { createFakeRun } from './fake-services.ts';

const LATER = '20250201-060000-steady-p7wm';
const SECONDS = 20;

const seconds = (recovered: number): PlayedSecond[] =>
  Array.from({ length: SECONDS }, (_, second) => ({
    ...{ ok: 200, recovered: recovered === 0 ? 0 : recovered + (second % 3), reset: 0, unsent: 0 },
  }));

async function cli(dir: string, ...args: string[]) {
  const host = createFakeHost({ cwd: dir });
  const exitCode = await runCli([...args], host, createFakeRun().services);
  return { exitCode, out: host.stdout.text, err: host.stderr.text };
}

/** A run of a fleet with three sites; at those that are ill, some of what a second starts stalls. */
async function keep(results: string, id: string, ill: readonly string[], sites = ['hull', 'leeds', 'york']) {
  for (const site of sites)
    await recordPart(results, `${site}-1`, seconds(ill.includes(site) ? 30 : 0), { id });
  await keepFleet(
    results,
    sites.map((site) =>
      partOf(`${site}-1`, { labels: { site, firewall: ill.includes(site) ? 'old' : 'new' } }),
    ),
    { id },
  );
}

describe('the results of a fleet', () => {
  it('are shown, diagnosed and compared by the id of its run', async () => {
    const dir = makeFolder();
    const results = join(dir, 'results');
    await keep(results, RUN, ['leeds']);
    await keep(results, LATER, ['york']);
    const listed = (await cli(dir, 'results', '--names')).out.split('\n');
    expect(listed).toContain(`${RUN}-hull-1`);
    expect(new Set(listed).size).toBe(3 + 3 + 1);
    expect((await cli(dir, 'results')).out).toContain(`\n${LATER}-york-1 `);
    const shown = await cli(dir, 'results', 'show', RUN);
    expect(shown.out).toContain('1 of 3 sites is ill beside the others: leeds.');
    const told = JSON.parse((await cli(dir, 'results', 'show', RUN, '--json')).out);
    expect(told).toMatchObject({ schema: 1, ill: ['leeds'], run: { id: RUN } });

    const diagnosed = await cli(dir, 'diagnose', RUN);
    expect(diagnosed.exitCode).toBe(0);
    expect(diagnosed.out).toMatch(/^1 of 3 sites is ill beside the others: leeds\.\n {2}run 20250131-/);
    expect(diagnosed.out).toMatch(/^leeds \(old\): ill\n {2}\S/m);
    expect(diagnosed.out).toMatch(/^hull \(new\), york \(new\): not ill$/m);
    expect((await cli(dir, 'diagnose', RUN, '--markdown')).out).toContain('### leeds (old): ill');
    expect(JSON.parse((await cli(dir, 'diagnose', RUN, '--json')).out)).toMatchObject({
      ...{ schema: 1, run: RUN, ill: ['leeds'], common: [] },
      sites: [{ name: 'hull' }, { name: 'leeds', status: 'ill' }, { name: 'york' }],
    });

    // What is to be typed next works as it stands, from other folders, too.
    const next = /\n {2}rushhour (diagnose \S+-leeds-1.*)\n$/;
    for (const { out } of [shown, diagnosed]) expect(out).toMatch(next);
    const elsewhere = makeFolder();
    const from = await cli(elsewhere, 'results', 'show', join(results, RUN));
    const [, typed = ''] = next.exec(from.out) ?? [];
    expect(typed).toBe(`diagnose ${RUN}-leeds-1 --results ${results}`);
    expect((await cli(elsewhere, ...typed.split(' '))).exitCode).toBe(0);

    const compared = await cli(dir, 'compare', RUN, LATER);
    expect(compared.exitCode).toBe(3);
    expect(compared.out).toMatch(/^Worse: york\. Better: leeds\. (No difference seen|Cannot tell): hull\.\n/);
    expect(compared.out).toMatch(/^ {2}york +stress\.stalled\.rate +0 % +13\.4 % /m);
    expect((await cli(dir, 'compare', RUN, LATER, '--markdown')).out).toContain(
      '| york | stress.stalled.rate | 0 % |',
    );
    const json = JSON.parse((await cli(dir, 'compare', RUN, LATER, '--json')).out);
    expect(json).toMatchObject({ schema: 1, before: RUN, after: LATER, unjudged: [], leftOut: [] });
  });

  it('are one page that runs nothing, whatever labels say, and one that is served', async () => {
    const dir = makeFolder();
    const results = join(dir, 'results');
    const site = '<script>alert(1)</script>';
    await keep(results, RUN, ['leeds']);
    const file = join(results, RUN, 'fleet.json');
    writeFileSync(file, readFileSync(file, 'utf8').replace('"site": "york"', `"site": "${site}"`));
    const { out } = await cli(dir, 'report', RUN);
    expect(out).toBe(`results/${RUN}/report.html\n`);
    const page = readFileSync(join(results, RUN, 'report.html'), 'utf8');
    expect(page).toContain('1 of 3 sites is ill beside the others: leeds.');
    expect(page).toContain('&lt;script&gt;alert(1)');
    expect(page).not.toContain('<script');
    expect(page.match(/<circle /g)).toHaveLength(3);
    expect((await cli(dir, 'report', RUN, RUN)).err).toContain('a report shows one run of a fleet');

    const served = await openSite(results);
    const overview = await (await served.get('/')).text();
    expect(overview).toContain(
      `<a href="/fleets/${RUN}">${RUN}</a>: 2025-01-31 06:00:00 UTC, 3 probes at 3 sites`,
    );
    expect(overview).not.toContain(site);
    const shown = await served.get(`/fleets/${RUN}`);
    expect(shown.status).toBe(200);
    const html = await shown.text();
    expect(html).toContain(`<a href="/runs/${RUN}-hull-1">hull-1</a>`);
    expect(html).not.toContain(site);
    expect((await served.get(`/runs/${RUN}-hull-1`)).status).toBe(200);
    const told = await (await served.get(`/api/fleets/${RUN}`)).json();
    expect(told).toEqual(JSON.parse((await cli(dir, 'results', 'show', RUN, '--json')).out));
    expect((await served.get('/fleets/nothing')).status).toBe(404);
    // What is not in the folder is not shown from it.
    rmSync(join(results, `${RUN}-hull-1`, 'run.json'));
    symlinkSync('/etc/passwd', join(results, `${RUN}-hull-1`, 'run.json'));
    expect((await served.get(`/fleets/${RUN}`)).status).toBe(403);
    expect(served.faults).toEqual([]);
  });

  it('are not compared with a run of one machine, nor sites that one of them lacks', async () => {
    const dir = makeFolder();
    const results = join(dir, 'results');
    await keep(results, RUN, []);
    await keep(results, LATER, [], ['hull']);
    const mixed = await cli(dir, 'compare', RUN, `${LATER}-hull-1`);
    expect(mixed.exitCode).toBe(2);
    expect(mixed.err).toContain(`only ${RUN} is the run of a fleet`);
    // Two probes of one run, whose runs have the same id.
    const probes = await cli(dir, 'compare', `${RUN}-hull-1`, `${RUN}-york-1`);
    expect([probes.exitCode, probes.err]).toEqual([0, '']);
    const apart = '20250202-060000-steady-q2mb';
    await keep(results, apart, [], ['bath']);
    const nothing = await cli(dir, 'compare', RUN, apart);
    expect(nothing).toMatchObject({ exitCode: 2, err: '' });
    expect(nothing.out).toMatch(/^Not compared: bath, hull, leeds, york\.\n/);
    expect(nothing.out).not.toContain('Holm');

    const unable = '20250203-060000-steady-x7ra';
    await recordPart(results, 'hull-1', [{ ok: 10, recovered: 0, reset: 0, unsent: 90 }], { id: unable });
    await keepFleet(results, [partOf('hull-1', { labels: { site: 'hull' } })], { id: unable });
    const limited = await cli(dir, 'compare', RUN, unable);
    expect(limited).toMatchObject({ exitCode: 4, err: '' });
    expect(limited.out).toMatch(/^hull-1 of \S+ does not count: generator-limited: /m);

    const fewer = await cli(dir, 'compare', RUN, LATER);
    expect(fewer.err).toBe('');
    expect(fewer.out).toContain('Not compared: leeds, york.');
    expect(fewer.out).toMatch(/^leeds: nothing to compare after$/m);
  });

  it('are called by what finds them: the folder of a probe, whose run has the same id as that of the others', async () => {
    const dir = makeFolder();
    const results = join(dir, 'results');
    await keep(results, RUN, ['leeds']);
    const [hull, leeds] = [`${RUN}-hull-1`, `${RUN}-leeds-1`];
    const there = '20250131-060000-test';
    expect(JSON.parse((await cli(dir, 'results', 'show', hull, '--json')).out).run.id).toBe(there);
    for (const { args, says } of [
      { args: ['results', 'show', hull], says: new RegExp(`^run +${hull}, complete`, 'm') },
      { args: ['diagnose', hull], says: new RegExp(`^ {2}run ${hull} \\(`, 'm') },
      { args: ['diagnose', hull, '--markdown'], says: `Run \`${hull}\`` },
      {
        args: ['compare', hull, leeds],
        says: new RegExp(`^before +${hull} \\([^]*^after +${leeds} \\(`, 'm'),
      },
      { args: ['compare', hull, leeds, '--markdown'], says: `- after: \`${leeds}\`` },
    ]) {
      const { out } = await cli(dir, ...args);
      expect(out).toMatch(says);
      expect(out).not.toContain(there);
    }
    const trend = JSON.parse((await cli(dir, 'trend', hull, leeds, '--json')).out);
    expect(trend.nights.map(({ name }: { name: string }) => name)).toEqual([hull, leeds]);
    await cli(dir, 'report', hull);
    expect(readFileSync(join(results, hull, 'report.html'), 'utf8')).toContain(`>${hull}</td>`);
    expect((await cli(dir, 'export', `${RUN}-hill-1`)).err).toContain(`did you mean ${hull}?`);
    // What is the id of each is the start of what they are part of.
    await keep(results, '20250131-060000-test-k3f9', []);
    expect((await cli(dir, 'export', there)).err).toContain(`${there}-k3f9 is the run of a fleet`);
  });
});
