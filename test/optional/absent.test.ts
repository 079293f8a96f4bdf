import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ts from 'typescript';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const HIDE = join(import.meta.dirname, 'hide.mjs');
const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
const OPTIONAL = Object.keys(manifest.optionalDependencies);

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'rushhour-optional-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

/** Starts Node where no optional package can be found, and no tool either. */
function nodeWithout(args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', HIDE, ...args], {
    cwd: dir,
    encoding: 'utf8',
    env: { PATH: join(dir, 'nowhere'), HOME: dir, NO_COLOR: '1' },
  });
  return { status, stdout, stderr };
}

const rushhour = (...args: string[]) => nodeWithout([join(ROOT, 'bin/rushhour'), ...args]);

describe('without the optional packages', () => {
  it('the types of every file that names one hold', () => {
    const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.json'), ts.sys.readFile);
    const { options } = ts.parseJsonConfigFileContent({ ...config, include: ['no-files'] }, ts.sys, ROOT);
    const names = new RegExp(`['"](${OPTIONAL.join('|')})['"]`);
    const files = ['src', 'test', 'bench']
      .flatMap((top) =>
        readdirSync(join(ROOT, top), { recursive: true, encoding: 'utf8' }).map((file) =>
          join(ROOT, top, file),
        ),
      )
      .filter((file) => file.endsWith('.ts') && names.test(readFileSync(file, 'utf8')));
    expect(files).toContain(join(ROOT, 'src/engine/auth/kerberos.ts'));

    const hidden = new RegExp(`/node_modules/(@types/)?(${OPTIONAL.join('|')})(/|$)`);
    const host = ts.createCompilerHost(options);
    const { fileExists, directoryExists } = host;
    host.fileExists = (path) => !hidden.test(path) && fileExists.call(host, path);
    host.directoryExists = (path) => !hidden.test(path) && directoryExists?.call(host, path) === true;
    const program = ts.createProgram(files, options, host);
    const faults = files.flatMap((file) => program.getSemanticDiagnostics(program.getSourceFile(file)));
    expect(faults.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))).toEqual([]);
  });

  it('every module of the program loads', () => {
    const programs = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((file) => /(main|-thread)\.ts$/.test(file))
      .map((file) => file.replace(/\.ts$/, '.js'));
    const { status, stdout, stderr } = nodeWithout([
      join(import.meta.dirname, 'import-all.mjs'),
      ...programs,
      // Where the bundle has the command line.
      'chunks/main.js',
    ]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(Number(stdout)).toBeGreaterThan(400);
  });

  it('a run on Linux takes the portable engine, says so, and holds', () => {
    const scenario = join(dir, 'short.yaml');
    writeFileSync(
      scenario,
      `schema: 1
farEnd: embedded
target: /
arms: { few: { via: proxy, load: [{ hold: { rate: 20/s, for: 1s } }] } }
pass: [few.completedShare >= 99.9%]
`,
    );
    const { status, stdout, stderr } = rushhour('run', scenario);
    expect([status, `${stdout}\n${stderr}`]).toEqual([0, expect.stringContaining('portable engine')]);
    if (process.platform === 'linux') expect(stderr).toContain('the npm package koffi is not available');
    expect(stdout).toContain('20 scheduled, 20 started, 0 unsent, 20 established, 20 completed');
  });

  it('the raw engine and Negotiate are refused, with what brings them', () => {
    const raw = rushhour('hit', 'http://127.0.0.1:9/', '-n', '1', '--engine', 'raw');
    expect(raw.status).toBe(5);
    expect(raw.stderr).toMatch(/koffi|needs Linux/);
    expect(raw.stderr).toContain('--engine portable');
    expect(raw.stderr).not.toMatch(/^ +at /m);
  });

  it('a script of proxies is refused, with what brings its packages', () => {
    writeFileSync(join(dir, 'proxy.pac'), 'function FindProxyForURL() { return "PROXY 127.0.0.1:9"; }');
    const { status, stderr } = rushhour('hit', 'http://127.0.0.1:9/', '--pac', 'proxy.pac');
    expect(status).toBe(5);
    expect(stderr).toContain('a PAC script needs the npm packages pac-resolver and quickjs-wasi');
    expect(stderr).toContain('npm install --include=optional');
    expect(stderr).not.toMatch(/^ +at /m);
  });

  it('doctor says of a scenario with such a script why it cannot be done, beside all else', () => {
    writeFileSync(
      join(dir, 'site.yaml'),
      `schema: 1
proxy: { pac: http://127.0.0.1:9/proxy.pac }
target: http://127.0.0.1:9/
arms: { few: { load: { concurrency: 1, attempts: 1 } } }
`,
    );
    writeFileSync(join(dir, 'proxy.pac'), 'function FindProxyForURL() { return "PROXY 127.0.0.1:9"; }');
    const { status, stdout, stderr } = rushhour('doctor', 'site.yaml', '--set', 'proxy.pac=proxy.pac');
    expect([status, stderr]).toEqual([5, '']);
    expect(stdout).toContain('a PAC script needs the npm packages pac-resolver and quickjs-wasi');
    expect(stdout).toContain('npm install --include=optional');
    expect(stdout).toContain('kerberos is not installed');
    expect(stdout).not.toContain('pac.invalid');
  });

  it('doctor names them, and that all else works', () => {
    const { status, stdout } = rushhour('doctor');
    expect(status).toBe(0);
    expect(stdout).toContain('kerberos is not installed: everything but Negotiate works');
    if (process.platform === 'linux')
      expect(stdout).toMatch(/koffi is not installed.*raw engine is\s+unavailable/s);
  });

  it('doctor says of a scenario with Negotiate why it cannot be done', () => {
    const { status, stdout, stderr } = rushhour(
      'doctor',
      'negotiate-storm',
      '--proxy',
      'localhost:9',
      '--target',
      'http://127.0.0.1:9/',
    );
    expect([status, stderr]).toEqual([5, '']);
    expect(stdout).toContain('Negotiate needs the npm package kerberos');
  });

  it.each([
    ['lab', 'list'],
    ['soak', 'quickstart', '--for', '1m', '--dry-run'],
  ])('rushhour %s %s starts', (...args) => {
    const { status, stderr } = rushhour(...args);
    expect([status, stderr]).toEqual([0, '']);
  });
});
