import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { suiteNeeding } from '../support/suite-needing.ts';

const BIN = join(import.meta.dirname, '../../bin');

let root: string;
/** A checkout that npm installed and built; copies are made of it. */
let ready: string;
let firstStart: ReturnType<typeof launch>;
/** A folder with an npm that does what the real one does here. It takes a second of a processor less for it. */
let quickNpm: string;
beforeAll(() => {
  ready = mkdtempSync(join(tmpdir(), 'rushhour-launcher-'));
  cpSync(BIN, join(ready, 'bin'), { recursive: true });
  makeCheckout(ready);
  firstStart = launch(['run', 'a b'], { command: join(ready, 'bin/rushhour'), env: process.env });
  quickNpm = mkdtempSync(join(tmpdir(), 'rushhour-npm-'));
  writeFileSync(
    join(quickNpm, 'npm'),
    '#!/bin/sh\ncase "$*" in "run --silent build") node build.mjs ;; ci*) touch node_modules/.package-lock.json ;; *) exit 9 ;; esac\n',
    { mode: 0o755 },
  );
});
afterAll(() => {
  for (const dir of [ready, quickNpm]) rmSync(dir, { recursive: true });
});
const withQuickNpm = () => ({ ...process.env, PATH: `${quickNpm}:${process.env['PATH']}` });
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'rushhour-launcher-'));
  cpSync(BIN, join(root, 'bin'), { recursive: true });
});
afterEach(() => rmSync(root, { recursive: true }));

const launcher = (): string => join(root, 'bin/rushhour');
const MAIN = 'console.log(JSON.stringify(process.argv.slice(2)))\n';
/** How often a checkout was built. */
const builds = (): number => readFileSync(join(root, 'builds.log'), 'utf8').length;

/** A checkout that depends on a folder of its own, so that installing needs no registry. */
function makeCheckout(root: string): void {
  mkdirSync(join(root, 'src/cli'), { recursive: true });
  mkdirSync(join(root, 'dep'));
  const manifest = { name: 'checkout', version: '1.0.0', type: 'module', dependencies: { dep: 'file:dep' } };
  const dep = { name: 'dep', version: '1.0.0' };
  const packages = { '': manifest, dep, 'node_modules/dep': { resolved: 'dep', link: true } };
  const scripts = { build: 'node build.mjs' };
  writeFileSync(join(root, 'dep/package.json'), JSON.stringify(dep));
  writeFileSync(join(root, 'package.json'), JSON.stringify({ ...manifest, scripts }));
  writeFileSync(
    join(root, 'package-lock.json'),
    JSON.stringify({ ...manifest, lockfileVersion: 3, packages }),
  );
  writeFileSync(join(root, 'tsconfig.build.json'), '{}');
  writeFileSync(join(root, 'src/cli/main.ts'), MAIN);
  writeFileSync(
    join(root, 'build.mjs'),
    `import { appendFileSync, mkdirSync, copyFileSync } from 'node:fs';
    await new Promise((resolve) => setTimeout(resolve, Number(process.env.BUILD_TAKES_MS ?? 0)));
    appendFileSync('builds.log', '.');
    mkdirSync('dist/cli', { recursive: true });
    copyFileSync('src/cli/main.ts', 'dist/cli/main.js');
    console.log('built');`,
  );
}

/** The checkout as the first start left it. */
function copyBuilt(): void {
  cpSync(ready, root, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
  // Folders are of now, and count as sources.
  const later = new Date(Date.now() + 10_000);
  utimesSync(join(root, 'dist/cli/main.js'), later, later);
}

/** The same, with its packages but not built. */
function copyInstalled(): void {
  copyBuilt();
  rmSync(join(root, 'dist'), { recursive: true });
  rmSync(join(root, 'builds.log'));
}

/** Makes its sources newer than what was built. */
function touchSource(): void {
  const later = new Date(Date.now() + 60_000);
  utimesSync(join(root, 'src/cli/main.ts'), later, later);
}

function launch(
  args: string[] = [],
  { command = launcher(), nodeArgs = [] as string[], env = withQuickNpm() as NodeJS.ProcessEnv } = {},
) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...nodeArgs, command, ...args], {
    ...{ cwd: tmpdir(), env },
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

describe('the launcher in a checkout', () => {
  it('installs and builds once, says so on stderr, and runs', () => {
    expect(firstStart).toMatchObject({ status: 0, stdout: '["run","a b"]\n' });
    expect(firstStart.stderr).toMatch(/npm ci[\s\S]*building[\s\S]*built/);
    copyBuilt();
    expect(launch()).toEqual({ status: 0, stdout: '[]\n', stderr: '' });
    expect(builds()).toBe(1);
  });

  it('builds again when a source is newer than what was built, without installing', () => {
    copyBuilt();
    touchSource();
    const { stderr } = launch();
    expect(stderr).toContain('sources are newer');
    expect(stderr).not.toContain('npm ci');
    expect(builds()).toBe(2);
  });

  it('installs again when the lock file is newer than what was installed', () => {
    copyBuilt();
    const later = new Date(Date.now() + 1_000);
    utimesSync(join(root, 'package-lock.json'), later, later);
    expect(launch().stderr).toContain('npm ci');
  });

  it('lets two at once clash over nothing: one builds, the other waits', async () => {
    copyInstalled();
    const start = () =>
      new Promise<{ code: number | null; out: string; err: string }>((resolve) => {
        const env = { ...withQuickNpm(), BUILD_TAKES_MS: '1500' };
        const child = spawn(process.execPath, [launcher(), 'x'], { env });
        let out = '';
        let err = '';
        child.stdout.on('data', (chunk) => {
          out += chunk;
        });
        child.stderr.on('data', (chunk) => {
          err += chunk;
        });
        child.on('close', (code) => resolve({ code, out, err }));
      });
    const both = await Promise.all([start(), start()]);
    expect(both.map(({ code, out }) => [code, out])).toEqual([
      [0, '["x"]\n'],
      [0, '["x"]\n'],
    ]);
    expect(both.filter(({ err }) => err.includes('waiting for it'))).toHaveLength(1);
    expect(builds()).toBe(1);
    expect(existsSync(join(root, 'dist/.building'))).toBe(false);
  });

  // Root may write everywhere, but not there.
  it.skipIf(process.platform !== 'linux')(
    'says what to do where it has to be built and cannot be written',
    () => {
      copyInstalled();
      symlinkSync('/sys/kernel', join(root, 'dist'));
      const { status, stderr } = launch();
      expect(status).toBe(5);
      expect(stderr).toMatch(
        /^rushhour: this checkout is not built yet.* cannot be written \((EACCES|EPERM)\)\n {2}let its owner/,
      );
    },
  );

  const FILE = (path: string) => writeFileSync(path, '');
  const NOWHERE = (path: string) => symlinkSync('nowhere', path);
  const ITSELF = (path: string) => symlinkSync(path, path);
  it.each([
    ['dist', 'a file', FILE, 'is not a folder', 'move it out of the way: mv '],
    ['node_modules', 'a file', FILE, 'is not a folder', 'move it out of the way: mv '],
    ['dist', 'a link that leads nowhere', NOWHERE, 'leads nowhere (to nowhere)', 'or remove it: rm '],
    ['node_modules', 'a link that leads nowhere', NOWHERE, 'leads nowhere (to nowhere)', 'or remove it: rm '],
    ['dist', 'a link to itself', ITSELF, 'leads back to itself', 'remove it: rm '],
    ['dist/cli', 'a file', FILE, 'main.js cannot be read (ENOTDIR)', 'see what is in its place: ls -ld '],
  ])('says what is wrong and what to do where %s is %s', (name, _, put, what, remedy) => {
    copyBuilt();
    rmSync(join(root, name), { recursive: true });
    put(join(root, name));
    const { status, stdout, stderr } = launch();
    expect({ status, stdout }).toEqual({ status: 5, stdout: '' });
    expect(stderr.split('\n')).toEqual([
      expect.stringMatching(/^rushhour: \//),
      expect.stringMatching(/^ {2}\S/),
      '',
    ]);
    expect(stderr).toContain(what);
    expect(stderr).toContain(remedy);
  });

  it('looks past the marks that editors leave among the sources', () => {
    copyBuilt();
    symlinkSync('somebody@host.1234:1', join(root, 'src/cli/.#main.ts'));
    const later = new Date(Date.now() + 10_000);
    utimesSync(join(root, 'dist/cli/main.js'), later, later);
    expect(launch()).toEqual({ status: 0, stdout: '[]\n', stderr: '' });
  });

  it('says so where what it waits for is no lock', () => {
    copyInstalled();
    mkdirSync(join(root, 'dist/.building'), { recursive: true });
    expect(launch()).toMatchObject({ status: 5, stderr: expect.stringContaining('(EISDIR)') });
  });

  it('says so where it was copied out of its folder', () => {
    const copy = join(root, 'copied');
    cpSync(join(BIN, 'rushhour'), copy);
    const { status, stderr } = launch([], { command: copy });
    expect(status).toBe(5);
    expect(stderr).toMatch(/^rushhour: \/.*copied is a copy, .*\n {2}link to .*: ln -sf .*\n$/);
  });

  it('goes on where nothing can be written to stderr', () => {
    copyBuilt();
    touchSource();
    const full = openSync('/dev/full', 'w');
    const { status, stdout } = spawnSync(process.execPath, [launcher(), 'x'], {
      stdio: ['ignore', 'pipe', full],
      env: withQuickNpm(),
      encoding: 'utf8',
    });
    closeSync(full);
    expect({ status, stdout }).toEqual({ status: 0, stdout: '["x"]\n' });
  });

  it.each([
    [
      "Object.assign(new Error('open x'), { code: 'EMFILE' })",
      5,
      /the limit of open files is too low.*\n {2}.*ulimit -n/,
    ],
    [
      "Object.assign(new Error('Cannot find x'), { code: 'ERR_MODULE_NOT_FOUND' })",
      5,
      /not whole: Cannot find x\n/,
    ],
    [
      "new TypeError('of ours')",
      1,
      /^rushhour: internal fault: of ours\n {2}run it again with RUSHHOUR_DEBUG=1/,
    ],
  ])('tells in a line of a start that fails with %s', (error, code, said) => {
    copyBuilt();
    writeFileSync(join(root, 'dist/cli/main.js'), `throw ${error};`);
    const { status, stderr } = launch();
    expect({ status, stderr }).toEqual({ status: code, stderr: expect.stringMatching(said) });
    expect(stderr).not.toMatch(/^ +at /m);
  });

  it('says so where the current folder is gone', () => {
    copyBuilt();
    const gone = join(root, 'gone');
    mkdirSync(gone);
    const line = `cd "${gone}" && rmdir "${gone}" && exec "${process.execPath}" "${launcher()}"`;
    const { status, stderr } = spawnSync('sh', ['-c', line], { encoding: 'utf8' });
    expect({ status, stderr }).toEqual({
      status: 5,
      stderr: 'rushhour: the current folder is gone (ENOENT)\n  change to one that exists: cd\n',
    });
  });

  it('takes over from one that was killed while it built', () => {
    copyInstalled();
    const { pid } = spawnSync('true');
    mkdirSync(join(root, 'dist'));
    writeFileSync(join(root, 'dist/.building'), String(pid));
    expect(launch()).toMatchObject({ status: 0, stdout: '[]\n' });
  });

  it('ends with exit code 5 where the build fails, and tries again next time', () => {
    copyInstalled();
    writeFileSync(join(root, 'build.mjs'), 'process.exit(2);');
    for (const _ of [1, 2]) {
      const { status, stdout, stderr } = launch();
      expect([status, stdout]).toEqual([5, '']);
      expect(stderr).toContain('npm run --silent build failed (exit code 2)');
    }
    expect(existsSync(join(root, 'dist/.building'))).toBe(false);
  });
});

describe('the launcher where rushhour is installed', () => {
  beforeEach(() => {
    mkdirSync(join(root, 'dist/cli'), { recursive: true });
    writeFileSync(join(root, 'package.json'), '{"type":"module"}');
    writeFileSync(join(root, 'dist/cli/main.js'), MAIN);
  });

  it('just runs, through a symbolic link too', () => {
    symlinkSync(launcher(), join(root, 'linked'));
    expect(launch(['x'])).toEqual({ status: 0, stdout: '["x"]\n', stderr: '' });
    expect(launch(['x'], { command: join(root, 'linked') })).toEqual({
      status: 0,
      stdout: '["x"]\n',
      stderr: '',
    });
  });

  it.each(['18.20.4', '20.18.3', '12.22.0'])('refuses Node %s, and says which it needs', (version) => {
    const disguise = join(root, 'disguise.cjs');
    writeFileSync(disguise, `Object.defineProperty(process, 'versions', { value: { node: '${version}' } });`);
    const { status, stdout, stderr } = launch([], { nodeArgs: ['--require', disguise] });
    expect([status, stdout]).toEqual([5, '']);
    expect(stderr).toContain('needs Node 20.19 or later');
  });

  it.each(['20.19.0', '22.0.0', '24.1.0'])('takes Node %s', (version) => {
    const disguise = join(root, 'disguise.cjs');
    writeFileSync(disguise, `Object.defineProperty(process, 'versions', { value: { node: '${version}' } });`);
    expect(launch([], { nodeArgs: ['--require', disguise] }).status).toBe(0);
  });
});

suiteNeeding('the launcher where few threads may be started', ['linux', 'root', 'setpriv', 'prlimit'], () => {
  /** A user of whom nothing else runs, or its threads would count. */
  const UID = String(800_000_000 + process.pid);

  function launchWith(limit: number) {
    mkdirSync(join(root, 'dist/cli'), { recursive: true });
    writeFileSync(
      join(root, 'dist/cli/main.js'),
      "import { readFile } from 'node:fs/promises'; await readFile(new URL(import.meta.url));" +
        'console.log(process.env.UV_THREADPOOL_SIZE)',
    );
    chmodSync(root, 0o755);
    const user = ['--reuid', UID, '--regid', UID, '--clear-groups', '--inh-caps=-all', '--bounding-set=-all'];
    const limited = ['prlimit', `--nproc=${limit}`, process.execPath, launcher()];
    const { UV_THREADPOOL_SIZE: _, ...env } = process.env;
    const { status, stdout, stderr } = spawnSync('setpriv', [...user, ...limited], {
      ...{ cwd: '/', env, encoding: 'utf8', timeout: 60_000, killSignal: 'SIGKILL' },
    });
    return { status, stdout, stderr };
  }

  it('says so before Node is ended in the middle of it', () => {
    const { status, stdout, stderr } = launchWith(11);
    expect([status, stdout]).toEqual([5, '']);
    expect(stderr).toMatch(
      /^rushhour: too few threads may be started: ulimit -u is 11, and \d+ are in use\n {2}.*ulimit -u \d+ .*\n$/,
    );
  });

  it('makes do with few', () => {
    expect(launchWith(24)).toEqual({ status: 0, stdout: '4\n', stderr: '' });
    expect(launchWith(80)).toEqual({ status: 0, stdout: '20\n', stderr: '' });
  });
});

suiteNeeding('the launcher for a user who may not read it all', ['linux', 'root', 'setpriv'], () => {
  it.each([
    ['dist', 0o700],
    ['node_modules', 0o700],
    ['src', 0o700],
    ['dist/cli', 0o700],
    ['dist/cli/main.js', 0o600],
    ['src/cli', 0o700],
  ])('names %s and what its owner has to do', (name, mode) => {
    copyBuilt();
    chmodSync(root, 0o755);
    chmodSync(join(root, name), mode);
    const user = ['--reuid', '65534', '--regid', '65534', '--clear-groups', '--inh-caps=-all'];
    const { status, stderr } = spawnSync('setpriv', [...user, process.execPath, launcher()], {
      ...{ cwd: '/', encoding: 'utf8' },
    });
    expect({ status, stderr }).toEqual({
      status: 5,
      stderr: expect.stringMatching(
        /^rushhour: \/\S+ cannot be read \(EACCES\)\n {2}let its owner allow it: chmod -R a\+rX .*\n$/,
      ),
    });
    expect(stderr).toContain(`rushhour: ${join(root, name)}`);
  });
});
