import { createHash } from 'node:crypto';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { appendFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { runCli } from '../../src/cli/run-cli.ts';
import { diagnoseRun } from '../../src/read/diagnosis.ts';
import { FILES } from '../../src/store/files.ts';
import { changeNotes } from '../../src/store/notes.ts';
import { createFakeHost } from '../cli/fake-host.ts';
import { makeFolder, openRun, recordRun } from '../store/runs.ts';
import { openSite } from './site.ts';

const SAMPLES = fileURLToPath(new URL('../../results/samples', import.meta.url));
const BEFORE = '20261121-052056-steady';
const AFTER = '20261121-052137-steady';

function copySamples(): string {
  const results = makeFolder();
  cpSync(SAMPLES, results, { recursive: true });
  return results;
}

async function printed(...args: string[]): Promise<string> {
  const host = createFakeHost();
  await runCli(args, host);
  return host.stdout.text;
}

/** Rows of the list of runs. */
function rowsOf(html: string): string[] {
  return [...html.matchAll(/<tr>.*?<\/tr>/gs)].map(([row]) => row).filter((row) => row.includes('checkbox'));
}

describe('the drawing of a scenario’s runs', () => {
  it('names each run below its point, and by the second where a minute has several', async () => {
    const results = copySamples();
    const named = async () => {
      const html = await (await (await openSite(results)).get('/?scenario=steady')).text();
      const [, dates = ''] = /class="dates"[^>]*>(.*?)<\/svg>/s.exec(html) ?? [];
      return [...dates.matchAll(/x="([\d.]+%)".*?text-anchor="(\w+)">([^<]+)/g)].map(([, ...each]) => each);
    };
    expect(await named()).toEqual([
      ['25%', 'middle', '05:20'],
      ['75%', 'middle', '05:21'],
    ]);
    cpSync(join(results, BEFORE), join(results, '20261121-052057-steady'), { recursive: true });
    const info = join(results, '20261121-052057-steady', FILES.info);
    const text = readFileSync(info, 'utf8').replaceAll(BEFORE, '20261121-052057-steady');
    writeFileSync(info, text.replace(/(?<at>"startedAt": *"2026-11-21T05:20:)56/, '$<at>57'));
    expect((await named()).map(([, , name]) => name)).toEqual(['05:20:56', '05:20:57', '05:21:37']);
  });
});

describe('the list of runs', () => {
  it('has the latest first, with verdict, stalls of each arm and size, of one scenario where asked', async () => {
    const results = copySamples();
    await recordRun(results, 2);
    const site = await openSite(results);
    const rows = rowsOf(await (await site.get('/')).text());
    expect(rows.map((row) => /name="run" value="([^"]+)"/.exec(row)?.[1])).toEqual([
      AFTER,
      BEFORE,
      '20250131-060000-test',
    ]);
    expect(rows[1]).toContain('before: one SYN in 50 lost');
    expect(rows[1]).toContain('>FAIL<');
    expect(rows[1]).toContain('<span class="faint">traffic</span> 63 (2.1 %)');
    expect(rows[0]).toContain('>PASS<');
    const steady = await (await site.get('/?scenario=steady')).text();
    expect(rowsOf(steady)).toHaveLength(2);
    expect(steady).toContain('aria-label="traffic: 2 runs, stalled 0 % to 2.1 %, last 0 %"');
    expect(rowsOf(await (await site.get('/?scenario=none&page=99')).text())).toHaveLength(3);
  });

  it('says when the cause of a scenario’s runs changed', async () => {
    const results = copySamples();
    for (const id of [BEFORE, AFTER]) {
      const file = join(results, id, FILES.summary);
      const { diagnosis } = await diagnoseRun(join(results, id));
      writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), diagnosis }));
    }
    const html = await (await (await openSite(results)).get('/?scenario=steady')).text();
    expect(html).toMatch(
      /<li>Since 2026-11-21 05:21: healthy \(1 \w+\); before: ill, and it cannot be told by what/,
    );
  });

  it('is as rushhour results prints it, without paths', async () => {
    const results = copySamples();
    const site = await openSite(results);
    const { schema, runs } = (await (await site.get('/api/runs')).json()) as {
      schema: number;
      runs: Record<string, unknown>[];
    };
    expect(schema).toBe(1);
    const known = JSON.parse(await printed('results', '--json', '--results', results)) as { dir: string }[];
    expect(known).toHaveLength(2);
    expect(runs).toEqual(
      known
        .map(({ dir, ...run }) => ({ ...run, folder: dir.slice(results.length + 1) }))
        .toSorted((a, b) => a.folder.localeCompare(b.folder)),
    );
  });

  it('shows labels, notes and names that are HTML as text', async () => {
    const results = copySamples();
    const evil = `</title><script>alert(1)</script><img src=x onerror='x' title="y">`;
    await changeNotes(join(results, BEFORE), { label: evil, note: `${evil}note` });
    const info = join(results, AFTER, FILES.info);
    writeFileSync(
      info,
      readFileSync(info, 'utf8').replace('"name": "steady"', `"name": ${JSON.stringify(evil)}`),
    );
    const site = await openSite(results);
    const query = encodeURIComponent(evil);
    for (const path of [
      '/',
      `/?scenario=${query}`,
      `/runs/${BEFORE}`,
      `/runs/${AFTER}`,
      `/runs/${query}`,
      `/compare?before=${BEFORE}&after=${AFTER}`,
    ]) {
      const html = await (await site.get(path)).text();
      expect([path, html.includes('alert(1)</script>'), html.includes('<img src=x')]).toEqual([
        path,
        false,
        false,
      ]);
    }
    expect(await (await site.get('/')).text()).toContain('&lt;/title&gt;&lt;script&gt;alert(1)');
  });

  it('says so where there are none, or where the folder cannot be read', async () => {
    const none = await openSite(join(makeFolder(), 'none'));
    expect(await (await none.get('/')).text()).toContain('There are no runs here yet');
    expect(await (await none.get('/live')).text()).toContain('No run is in progress');
    const file = join(makeFolder(), 'file');
    writeFileSync(file, '');
    const unreadable = await openSite(file);
    const answer = await unreadable.get('/api/runs');
    expect(answer.status).toBe(500);
    expect(await answer.json()).toEqual({
      error: 'the results cannot be read',
      hint: 'choose a readable folder with --results DIR',
    });
    expect(unreadable.faults).toHaveLength(1);
  });
});

describe('the page of a run', () => {
  it('runs the scripts of the report alone, by their hashes', async () => {
    const site = await openSite(copySamples());
    for (const path of [`/runs/${BEFORE}`, `/compare?before=${BEFORE}&after=${AFTER}`]) {
      const answer = await site.get(path);
      const html = await answer.text();
      const policy = answer.headers.get('content-security-policy') ?? '';
      const inline = [...html.matchAll(/<(script|style)>(.*?)<\/\1>/gs)];
      expect(inline.map(([, name]) => name)).toEqual(['style', 'script', 'script']);
      for (const [, name, text] of inline) {
        const hash = createHash('sha256').update(text!).digest('base64');
        expect(policy).toMatch(new RegExp(`${name}-src [^;]*'sha256-${hash.replace(/[+/]/g, '\\$&')}'`));
      }
      expect(html).not.toContain('http-equiv');
      expect(html).toContain('<a href="/">Runs</a>');
    }
  });

  it('has its summary as JSON, of a killed run from its frames', async () => {
    const results = copySamples();
    const site = await openSite(results);
    const stored: unknown = JSON.parse(readFileSync(join(results, BEFORE, FILES.summary), 'utf8'));
    const path = `/api/runs/${BEFORE}/summary`;
    expect(await (await site.get(path)).json()).toEqual(stored);
    rmSync(join(results, BEFORE, FILES.summary));
    expect(await (await site.get(path)).json()).toMatchObject({
      schema: 1,
      arms: { traffic: { stalled: { count: 63 } } },
    });
  });

  it('is sent once as long as nothing changes, and anew once it has', async () => {
    const results = copySamples();
    const site = await openSite(results);
    const first = await site.get(`/runs/${BEFORE}`);
    const etag = first.headers.get('etag')!;
    const again = await site.get(`/runs/${BEFORE}`, { 'If-None-Match': etag });
    expect([again.status, await again.text()]).toEqual([304, '']);
    await changeNotes(join(results, BEFORE), { label: 'another' });
    const changed = await site.get(`/runs/${BEFORE}`, { 'If-None-Match': etag });
    expect(changed.status).toBe(200);
    expect(await changed.text()).toContain('another');
  });

  it('tells where a run under way stands', async () => {
    const results = makeFolder();
    const writer = await openRun(results, { label: 'tonight' });
    const { id } = writer.info;
    const site = await openSite(results);
    expect(await (await site.get(`/runs/${id}`)).text()).toContain(`data-live="/api/runs/${id}/live"`);
    expect(await (await site.get('/live')).text()).toContain('test (tonight)');
    const live = (await (await site.get(`/api/runs/${id}/live`)).json()) as object;
    expect(live).toMatchObject({ schema: 1, id, status: 'running', second: -1, series: {} });
    expect((await site.get(`/runs/${id}/report`)).status).toBe(200);
    expect(site.faults).toEqual([]);
  });

  it('tells what happens to a soak under way, and whether it is set aside', async () => {
    const results = makeFolder();
    const { info, dir } = await openRun(results);
    const { id } = info;
    const begin = {
      id: 1,
      kind: 'link-down',
      fromSec: 3_600,
      setsAside: true,
      text: 'eth0 <lost> its carrier',
    };
    const lasting = { ...begin, at: '2025-01-31T07:00:00.000Z', toSec: null };
    await writeFile(join(dir, 'events.jsonl'), `${JSON.stringify(lasting)}\n`);
    const site = await openSite(results);
    const page = await (await site.get(`/runs/${id}`)).text();
    expect(page).toContain('<li class="lasts">since 1 h: eth0 &lt;lost&gt; its carrier (excluded)</li>');
    const others = { ...begin, at: '2025-01-31T07:00:30.000Z', toSec: 3_630 };
    await appendFile(join(dir, 'events.jsonl'), `${JSON.stringify(others)}\n`);
    const later = await openSite(results);
    expect(await (await later.get(`/api/runs/${id}/live`)).json()).toMatchObject({
      hostEvents: [{ lasts: false, says: '1 h to 1 h 1 min: eth0 <lost> its carrier (excluded)' }],
    });
  });
});

describe('runs that did not do the same', () => {
  /** A copy of a sample, a day later, with something else in its run.json. */
  function copyAs(
    results: string,
    folder: string,
    startedAt: string,
    change: (info: string) => string,
  ): void {
    cpSync(join(SAMPLES, BEFORE), join(results, folder), { recursive: true });
    const file = join(results, folder, FILES.info);
    const info = readFileSync(file, 'utf8')
      .replace(/"id": "[^"]+"/, `"id": "${folder}"`)
      .replace(/"startedAt": "[^"]+"/, `"startedAt": "${startedAt}"`);
    const changed = change(info);
    expect(changed).not.toBe('');
    writeFileSync(file, changed);
  }

  it('are drawn apart, each group with what it tested, and the rest is counted', async () => {
    const results = copySamples();
    const faster = (info: string) => info.replaceAll('"ratePerSec": 100', '"ratePerSec": 300');
    const elsewhere = (info: string) => info.replaceAll('10.77.0.2', '10.77.0.9');
    copyAs(results, 'faster-1', '2026-11-22T05:00:00.000Z', faster);
    copyAs(results, 'faster-2', '2026-11-23T05:00:00.000Z', faster);
    copyAs(results, 'elsewhere', '2026-11-24T05:00:00.000Z', elsewhere);
    const html = await (await (await openSite(results)).get('/')).text();
    expect(html.match(/aria-label="traffic: 2 runs, stalled/g)).toHaveLength(2);
    expect(html).not.toMatch(/aria-label="traffic: [345] runs/);
    // Samples of one morning carry times, those of two days their days.
    expect(html).toMatch(/>05:20<.*>05:21</s);
    expect(html).toMatch(/>11-22<.*>11-23</s);
    expect(html).toContain('are drawn separately');
    expect(html).toContain(
      '1 run more of this scenario had another load or other endpoints and is not drawn.',
    );
    const under = /<p class="tested">([^<]+)/g;
    expect([...html.matchAll(under)].map(([, text]) => text)).toEqual([
      'proxy 10.77.0.2:3128 for http://10.77.0.2:41335/, traffic up to 300/s, control up to 2/s',
      'proxy 10.77.0.2:3128 for http://10.77.0.2:41335/, traffic up to 100/s, control up to 2/s',
    ]);
  });
});

describe('/compare without two runs', () => {
  it('offers those that there are, with the one that is named chosen already', async () => {
    const site = await openSite(copySamples());
    const none = await (await site.get('/compare')).text();
    expect(rowsOf(none)).toHaveLength(2);
    expect(none).not.toContain(' checked');
    expect(none).toContain('Choose two of them');
    for (const query of [`?run=${AFTER}`, `?before=${AFTER}`]) {
      const answer = await site.get(`/compare${query}`);
      const html = await answer.text();
      expect(answer.status).toBe(200);
      expect(html.match(/ checked value="[^"]+"/g)).toEqual([` checked value="${AFTER}"`]);
      expect(html).toContain(`You have chosen ${AFTER}: choose another one`);
    }
    expect(await (await site.get('/')).text()).toContain('<a href="/compare">Compare</a>');
  });

  it('says how to make some where there are none', async () => {
    const site = await openSite(makeFolder());
    expect(await (await site.get('/compare')).text()).toContain('there are none here yet');
  });
});

describe('/live', () => {
  it('waits for a run to begin, and is told of it', async () => {
    const results = makeFolder();
    const site = await openSite(results);
    expect(await (await site.get('/live')).text()).toContain('data-under-way=""');
    expect(await (await site.get('/api/live')).json()).toEqual({ schema: 1, runs: [] });
    const { info } = await openRun(results);
    const later = await openSite(results);
    expect(await (await later.get('/live')).text()).toContain(`data-under-way="${info.id}"`);
    expect(await (await later.get('/api/live')).json()).toEqual({ schema: 1, runs: [info.id] });
    // The page of one run stays with that run.
    expect(await (await later.get(`/runs/${info.id}`)).text()).not.toContain('data-under-way');
  });
});

describe('two runs', () => {
  it('are compared as rushhour compare does', async () => {
    const results = copySamples();
    const site = await openSite(results);
    const served = await (await site.get(`/api/compare?before=${BEFORE}&after=${AFTER}`)).text();
    expect(served).toBe(await printed('compare', BEFORE, AFTER, '--json', '--results', results));
  });

  it('are refused where they are unlike, unless they shall be compared anyway', async () => {
    const results = copySamples();
    await recordRun(results, 2);
    const site = await openSite(results);
    const query = `before=${BEFORE}&after=20250131-060000-test`;
    const refused = await site.get(`/api/compare?${query}`);
    expect(refused.status).toBe(409);
    expect(await refused.json()).toMatchObject({
      error: expect.stringMatching(/^these runs cannot be compared: /),
    });
    expect((await site.get(`/api/compare?${query}&anyway=1`)).status).toBe(200);
    expect((await site.get(`/compare?${query}`)).status).toBe(200);
  });

  it('are put in order as they were run, and there must be two', async () => {
    const site = await openSite(copySamples());
    const { status, headers } = await site.get(`/compare?run=${AFTER}&run=${BEFORE}`);
    expect([status, headers.get('location')]).toEqual([303, `/compare?before=${BEFORE}&after=${AFTER}`]);
    expect((await site.get(`/compare?run=${AFTER}&run=${BEFORE}&run=x`)).status).toBe(400);
    expect((await site.get(`/api/compare?before=${BEFORE}`)).status).toBe(400);
    expect((await site.get(`/compare?before=${BEFORE}&after=none`)).status).toBe(404);
  });
});
