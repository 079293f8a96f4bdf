import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isTimersTime } from '../../src/analysis/causes/room.ts';
import { describeScenario, listScenarios } from '../../src/scenario/catalog.ts';
import { findScenario, scenarioDirs } from '../../src/scenario/find.ts';
import { loadScenario } from '../../src/scenario/load.ts';
import { loadAttempts, loadDurationUs, peakPerSec } from '../../src/scenario/load-shape.ts';
import { armOf, loadOf } from './support.ts';

const [, OURS = ''] = scenarioDirs('/nowhere');
/** Those that make no sense without TLS. */
const SECURED = ['check-https', 'tunnel-tls'];
const FAR_END = { proxy: '192.0.2.1:3128', target: 'http://192.0.2.2/' };

it('port-exhaustion holds for a time that no timer is set to, and fills until the first close', async () => {
  const scenario = await loadScenario('port-exhaustion', [OURS], { target: 'tcp://192.0.2.2:80' });
  const { holdUs } = armOf(scenario, 'fill');
  expect(isTimersTime(holdUs / 1_000_000)).toBe(false);
  expect(loadOf(scenario, 'fill')).toMatchObject({ phases: [{ forUs: holdUs }, {}] });
});

describe('the scenarios that come with rushhour', () => {
  it('are these, with what they need', async () => {
    const entries = await listScenarios([OURS]);
    expect(entries.map(({ name, needs }) => [name, needs.join()])).toEqual([
      ['ab-burst', 'proxy,target'],
      ['basic-storm', 'proxy,target'],
      ['check-http', 'proxy,target'],
      ['check-https', 'proxy,target'],
      ['check-icmp', 'proxy-or-target'],
      ['check-tcp', 'proxy-or-target'],
      ['check-windows-sso', 'proxy,target'],
      ['closed-port', 'target'],
      ['diagnose', 'proxy,target'],
      ['first-bell', 'proxy,target'],
      ['hold', 'proxy-or-target'],
      ['loss-check', 'proxy,target'],
      ['nat-recycle', 'proxy,target'],
      ['negotiate-storm', 'proxy,target'],
      ['port-exhaustion', 'proxy-or-target'],
      ['quickstart', ''],
      ['ramp-to-knee', 'proxy,target'],
      ['school-morning', 'proxy,target'],
      ['steady', 'proxy,target'],
      ['syn-options', 'proxy-or-target'],
      ['table-capacity', 'proxy-or-target'],
      ['timewait-sweep', 'proxy,target'],
      ['tunnel-tls', 'proxy,target'],
      ['windows-clients', 'proxy,target'],
    ]);
  });

  it('say when to use them, what they show and how to run them, and let editors check them', async () => {
    for (const entry of await listScenarios([OURS])) {
      expect(entry.problems).toEqual([]);
      expect(entry.description).toMatch(/^.{20,100}\.$/);
      expect(entry.about).toMatch(/^When to use it: [\s\S]*\nWhat it shows: [\s\S]*\nHow to run it: /);
      expect(entry.about).toContain(`rushhour run ${entry.name}`);
      expect(await readFile(entry.path, 'utf8')).toMatch(
        /^# yaml-language-server: \$schema=\.\/schema\.json\n/,
      );
    }
  });

  it('load once their needs are met', async () => {
    for (const { name, needs } of await listScenarios([OURS])) {
      if (name === 'closed-port') continue;
      const full = SECURED.includes(name) ? { ...FAR_END, target: 'https://192.0.2.2/' } : FAR_END;
      const given = needs.includes('proxy-or-target') ? { proxy: FAR_END.proxy } : full;
      const scenario = await loadScenario(name, [OURS], needs.length === 0 ? {} : given);
      expect(scenario.name).toBe(name);
      expect(scenario.pass.length).toBeGreaterThan(0);
    }
  });

  it('name the flag that is missing', async () => {
    await expect(loadScenario('steady', [OURS])).rejects.toThrow(
      /give --proxy host:port[\s\S]*give --target http:/,
    );
    await expect(loadScenario('closed-port', [OURS])).rejects.toThrow(
      '--target http://host/path (https://host/path for TLS, tcp://host:port',
    );
  });

  it('start with one that needs nothing, takes about 10 s at 300/s and has a control arm', async () => {
    const scenario = await loadScenario('quickstart', [OURS]);
    const stress = loadOf(scenario, 'stress');
    expect(scenario.farEnd).toBe('embedded');
    expect(scenario.arms.map((arm) => loadDurationUs(arm.load))).toEqual([10_000_000, 10_000_000]);
    expect(stress.kind === 'open' && peakPerSec(stress)).toBe(300);
    expect(armOf(scenario, 'connect').via).toBe('tcp');
    expect(scenario.pass.map(({ text }) => text)).toContain('stress.stalled.rate < 0.1%');
  });

  it('look for a knee, for an age, for a refusal', async () => {
    expect((await loadScenario('ramp-to-knee', [OURS], FAR_END)).findings).toEqual(['knee']);
    const hold = await loadScenario('hold', [OURS], { proxy: FAR_END.proxy });
    expect([hold.findings, armOf(hold, 'keep').target.port]).toEqual([['cut-age'], 3128]);
    const closed = await loadScenario('closed-port', [OURS], { target: 'tcp://192.0.2.1:9' });
    expect(armOf(closed, 'probe')).toMatchObject({ via: 'tcp', expect: { kind: 'refused' } });
  });

  it('fill a table, and close nothing before the last one has been tried', async () => {
    const scenario = await loadScenario('table-capacity', [OURS], { target: 'tcp://192.0.2.1:80' });
    const { load, holdUs, handshakeTimeoutUs, close } = armOf(scenario, 'fill');
    expect([scenario.findings, close, loadAttempts(load)]).toEqual([['state-table'], 'reset', 301_000]);
    expect(holdUs).toBeGreaterThan(loadDurationUs(load)! + handshakeTimeoutUs);
  });

  it('recycle ports with two controls, one that leaves no TIME_WAIT and one that is slow', async () => {
    const scenario = await loadScenario('nat-recycle', [OURS], FAR_END);
    expect(scenario.arms.map(({ name, close }) => [name, close])).toEqual([
      ['stress', 'peer'],
      ['reset-control', 'reset'],
      ['slow-control', 'peer'],
    ]);
    const ranges = scenario.arms.map(({ source }) => source!.ports!.range);
    expect(ranges.every(({ from }, index) => index === 0 || from > ranges[index - 1]!.to)).toBe(true);
    expect(scenario.findings).toEqual(['reuse-band']);
  });

  it('sweep delays on both sides of 60 s, below 20 connections a second, in at most four minutes', async () => {
    // Every second, and one of the steps that grow by a fifth.
    const load = loadOf(await loadScenario('timewait-sweep', [OURS], FAR_END), 'sweep');
    if (load.kind !== 'sweep') throw new Error('no sweep');
    expect(load.delaysUs.filter((us) => us >= 56e6 && us <= 64e6)).toHaveLength(10);
    expect([load.delaysUs[0], load.delaysUs.at(-1)]).toEqual([300_000, 70_000_000]);
    expect(load.ratePerSec).toBeLessThan(20);
    expect(loadDurationUs(load)).toBeLessThan(240e6);
  });

  it('sign on as browsers do, beside arms that send credentials at once and arms that send none', async () => {
    for (const [name, scheme] of [
      ['negotiate-storm', 'negotiate'],
      ['basic-storm', 'basic'],
    ]) {
      const { arms } = await loadScenario(name!, [OURS], FAR_END);
      expect(arms.map(({ auth }) => auth?.mode)).toEqual(['challenge', 'preemptive', undefined]);
      expect(arms[0]?.auth).toMatchObject({ scheme, to: 'proxy' });
      expect(arms[1]?.auth?.credentials).toEqual(arms[0]?.auth?.credentials);
    }
  });

  it('take credentials from the command line', async () => {
    const storm = await loadScenario('basic-storm', [OURS], {
      ...FAR_END,
      proxyUser: { kind: 'file', path: 'users.csv' },
    });
    expect(armOf(storm, 'traffic').auth?.credentials).toEqual({ kind: 'file', path: 'users.csv' });
    const tunnel = await loadScenario('tunnel-tls', [OURS], {
      proxy: FAR_END.proxy,
      target: 'https://192.0.2.2/',
      set: ['defaults.auth.scheme=basic'],
      proxyUser: { kind: 'env', name: 'PROXY_USER' },
    });
    expect(tunnel.arms.map(({ auth }) => auth?.credentials.kind)).toEqual(['env', 'env', undefined]);
  });

  it('play a class of browsers with sign-on', async () => {
    const scenario = await loadScenario('first-bell', [OURS], FAR_END);
    const load = loadOf(scenario, 'class');
    expect(load).toMatchObject({ kind: 'browsers', browsers: 30, connections: 6, rampUs: 120_000_000 });
    expect(load.kind === 'browsers' ? [load.page.objects, load.page.hosts.length] : []).toEqual([40, 20]);
    expect(armOf(scenario, 'class').auth?.scheme).toBe('negotiate');
    // The times of pages are of those that are whole.
    expect(scenario.pass.map(({ text }) => text)).toContain('class.browsing.pagesFailed == 0');
  });

  it('check quietly: once a minute for an hour, each going further than the one before', async () => {
    const checks = await Promise.all(
      ['check-tcp', 'check-http', 'check-https', 'check-windows-sso'].map((name) =>
        loadScenario(name, [OURS], {
          proxy: FAR_END.proxy,
          ...(name === 'check-tcp'
            ? {}
            : { target: SECURED.includes(name) ? 'https://192.0.2.2/' : FAR_END.target }),
        }),
      ),
    );
    for (const { arms } of checks) {
      expect(arms.map(({ load }) => load)).toEqual([
        { kind: 'open', phases: [{ kind: 'hold', ratePerSec: 1 / 60, forUs: 3_600_000_000 }] },
      ]);
    }
    expect(checks.map(({ arms }) => [arms[0]?.via, arms[0]?.tls?.insecure, arms[0]?.auth?.scheme])).toEqual([
      ['tcp', undefined, undefined],
      ['proxy', undefined, undefined],
      ['tunnel', false, undefined],
      ['proxy', undefined, 'negotiate'],
    ]);
  });

  it('can be asked about one by one, holds counted in', async () => {
    expect(await describeScenario('hold', [OURS])).toMatchObject({ arms: ['keep'], durationUs: 620_000_000 });
  });
});

describe('named scenarios', () => {
  let dir = '';
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'rushhour-catalog-'));
    await mkdir(join(dir, 'a'));
    const text = (description: string) =>
      `# About it.\nschema: 1\ndescription: ${description}\nfarEnd: embedded\narms: { x: { load: { concurrency: 1, attempts: 5 } } }\n`;
    await mkdir(join(dir, 'b'));
    await writeFile(join(dir, 'a', 'mine.yaml'), text('first'));
    await writeFile(join(dir, 'b', 'mine.yml'), text('second'));
    await writeFile(join(dir, 'b', 'broken.yaml'), '# Broken.\nschema: 1\n');
    await writeFile(join(dir, 'b', 'notes.txt'), 'no scenario');
  });
  afterAll(() => rm(dir, { recursive: true }));
  const dirs = () => [join(dir, 'a'), join(dir, 'absent'), join(dir, 'b')];

  it('are found in the first folder that has them; broken ones are listed as such', async () => {
    const entries = await listScenarios(dirs());
    expect(
      entries.map(({ name, description, about, problems }) => [name, description, about, problems.length]),
    ).toEqual([
      ['broken', '', 'Broken.', 1],
      ['mine', 'first', 'About it.', 0],
    ]);
    expect(entries[1]).toMatchObject({ arms: ['x'], durationUs: undefined, farEnd: 'embedded', needs: [] });
  });

  it('are suggested to those who mistype them', async () => {
    await expect(findScenario('mien', dirs())).rejects.toThrow(
      expect.objectContaining({ message: 'there is no scenario "mien"', hint: 'did you mean "mine"?' }),
    );
    await expect(findScenario('something', dirs())).rejects.toThrow(
      expect.objectContaining({ hint: 'known: broken, mine' }),
    );
  });

  it('give way to paths', async () => {
    const path = join(dir, 'b', 'mine.yml');
    expect(await loadScenario(path, [])).toMatchObject({ name: 'mine', description: 'second' });
    await expect(loadScenario(join(dir, 'b', 'gone.yaml'), dirs())).rejects.toThrow(
      /gone\.yaml cannot be read \(ENOENT/,
    );
    await expect(loadScenario(join(dir, 'b', 'broken.yaml'), dirs())).rejects.toThrow(
      `${join(dir, 'b', 'broken.yaml')}:2:1: "arms" is missing`,
    );
  });
});
