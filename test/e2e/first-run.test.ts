import { execFile, spawnSync } from 'node:child_process';
import { chown, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makePair, type Namespace, type Pair } from '../support/namespaces.ts';
import { suiteNeeding } from '../support/suite-needing.ts';

const ROOT = join(import.meta.dirname, '../..');
const RULES = '/tmp/first-run.nft';

/** A line of the document to be typed, with the lines of output below it. */
interface Step {
  readonly where: 'probe' | 'proxy';
  readonly command: string;
  readonly shown: readonly string[];
}

/** Exit codes that the document says, or that its words mean. */
const EXIT_CODES: Readonly<Record<string, number>> = { FAIL: 3 };

function readSteps(text: string): Step[] {
  const steps: { where: Step['where']; command: string; shown: string[] }[] = [];
  for (const block of text.replace(/^```.*?^```$/gms, '').matchAll(/(?:^ {4}.*\n)+/gm)) {
    for (const line of block[0].trimEnd().split('\n')) {
      const [, where, command] = /^ {4}(probe|proxy)[$#] (.*)$/.exec(line) ?? [];
      if (command !== undefined) steps.push({ where: where as Step['where'], command, shown: [] });
      else steps.at(-1)?.shown.push(line.slice(4));
    }
  }
  return steps;
}

/** Files of the document, by the name in their first line. */
function readFiles(text: string): Map<string, string> {
  const blocks = [...text.matchAll(/^```\w+\n# (\S+)\n(.*?)^```/gms)];
  return new Map(blocks.map(([, name = '', body = '']) => [name, body]));
}

/** A line as shown: … stands for anything, spaces for any number of them. */
function asPattern(line: string): RegExp {
  const escaped = line.trim().replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(escaped.replaceAll('…', '.*').replace(/ +/g, ' +'));
}

const NEEDS = ['linux', 'root', 'netns', 'ip', 'nft', 'squid', 'sed', 'chrt', 'nice', 'ss'] as const;
suiteNeeding('docs/first-run.md', NEEDS, () => {
  let pair: Pair;
  let remove: () => Promise<void> = async () => {};
  let dir: string;
  /** Before whatever else this machine does: a run that was late for that says so, and gives no verdict. */
  let ahead = ['chrt', '--rr', '1'];

  beforeAll(async () => {
    // A cgroup may have no share of it.
    if (spawnSync('chrt', ['--rr', '1', 'true']).status !== 0) ahead = ['nice', '-n', '-19'];
    dir = await mkdtemp(join(tmpdir(), 'rushhour-first-'));
    ({ pair, remove } = await makePair());
    await startOrigin(pair.far);
    await startSquid(pair.far);
  });
  afterAll(async () => {
    await remove();
    await rm(dir, { recursive: true, force: true });
  });

  async function startOrigin(far: Namespace): Promise<void> {
    const server = `require('node:http').createServer((_, response) => {
      response.writeHead(200, { connection: 'close', 'content-length': 3 }).end('ok\\n');
    }).listen(8080, '10.77.0.2', () => console.log('ready'))`;
    const child = far.spawn(process.execPath, '-e', server);
    await new Promise((ready) => child.stdout?.once('data', ready));
  }

  /** As Debian ships it, but for the paths, what it may fetch, and that it answers none of it from memory. */
  async function startSquid(far: Namespace): Promise<void> {
    const folder = join(dir, 'squid');
    await mkdir(folder);
    const [user, group] = await Promise.all(['-u', '-g'].map((flag) => far.run('id', flag, 'proxy')));
    await chown(dir, Number(user), Number(group));
    await chown(folder, Number(user), Number(group));
    await writeFile(
      join(folder, 'squid.conf'),
      `http_port 3128
pid_filename ${folder}/squid.pid
cache_log ${folder}/cache.log
access_log none
acl page dst 10.77.0.2
http_access allow page
http_access deny all
cache deny all
coredump_dir ${folder}
max_filedescriptors 4096
visible_hostname proxy.example
`,
    );
    far.spawn('squid', '-N', '-f', join(folder, 'squid.conf'));
    for (let tries = 0; tries < 300; tries += 1) {
      const listening = await far.run('ss', '-Hltn', 'sport = :3128');
      if (listening !== '') return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error('squid does not listen');
  }

  function type({ where, command }: Step): Promise<{ code: number; output: string }> {
    const { name } = where === 'probe' ? pair.near : pair.far;
    const { RUSHHOUR_PROXY: _, RUSHHOUR_TARGET: __, ...env } = process.env;
    return new Promise((resolve) => {
      const [first = '', ...argv] = [...ahead, 'ip', 'netns', 'exec', name, 'sh', '-c', command];
      execFile(first, argv, { cwd: dir, env }, (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : Number(error.code), output: stdout + stderr });
      });
    });
  }

  it('comes to the verdicts that it shows, word for word', async () => {
    const text = await readFile(join(ROOT, 'docs/first-run.md'), 'utf8');
    const files = readFiles(text);
    expect([...files.keys()]).toEqual(['rushhour.yaml', RULES]);
    await symlink(join(ROOT, 'bin'), join(dir, 'bin'));
    // Its folder, and a name of its own for the file of rules: others may follow the document on this machine.
    const rules = join(dir, 'first-run.nft');
    await writeFile(join(dir, 'rushhour.yaml'), files.get('rushhour.yaml') ?? '');
    await writeFile(rules, files.get(RULES) ?? '');

    const steps = readSteps(text);
    expect(steps.map(({ where }) => where)).toEqual(
      'probe probe proxy probe proxy proxy probe probe proxy'.split(' '),
    );
    for (const step of steps) {
      const { code, output } = await type({ ...step, command: step.command.replace(RULES, rules) });
      const said = `${step.command}\n${output}`;
      const expected = EXIT_CODES[step.shown[0]?.split(' ')[0] ?? ''] ?? 0;
      expect([code, said]).toEqual([expected, said]);
      for (const line of step.shown.filter((each) => each !== '')) expect(said).toMatch(asPattern(line));
    }
  });
});
