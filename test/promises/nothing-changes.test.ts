import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Context } from '../../src/cli/context.ts';
import { createProgram } from '../../src/cli/program.ts';
import { createFakeHost } from '../cli/fake-host.ts';
import { createFakeRun } from '../cli/fake-services.ts';
import { recordRun } from '../store/runs.ts';
import { makePcap } from '../support/captures.ts';
import { suiteNeeding } from '../support/suite-needing.ts';
import { listPromises, type Promised } from './command-lines.ts';
import { readDeeds, TRACED } from './trace.ts';

async function promised(): Promise<Promised[]> {
  const context: Context = {
    ...{ host: createFakeHost(), services: createFakeRun().services, args: ['manual'] },
    act: () => async () => {},
  };
  return listPromises(await createProgram(context));
}

describe('what promises to change nothing', () => {
  it('is found in the definitions of commands', async () => {
    const found = (await promised()).map(({ args, by }) => `${args[0]} ${args[1] ?? ''}: ${by}`);
    for (const each of [
      'run quickstart: --dry-run',
      'soak install: --print',
      'soak install: --dry-run',
      'doctor : -',
    ]) {
      expect(found).toContain(each);
    }
  });
});

/** What might be called to change the machine; these stand before the real ones and do nothing. */
const CHANGERS = [
  'useradd',
  'userdel',
  'groupadd',
  'systemctl',
  'crontab',
  'install',
  'sysctl',
  'nft',
  'ip',
  'sh',
];

suiteNeeding('what promises to change nothing', ['linux', 'root', 'netns', 'strace', 'unshare'], () => {
  it('writes, renames, removes, connects and starts nothing, as root too', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'rushhour-promises-'));
    try {
      const results = join(dir, 'results');
      for (const label of ['done', 'done too']) await recordRun(results, 2, { label });
      writeFileSync(join(dir, 'one.pcap'), makePcap([new Uint8Array(60)]));
      mkdirSync(join(dir, 'bin'));
      for (const name of CHANGERS) {
        writeFileSync(join(dir, 'bin', name), '#!/bin/sh\nexit 0\n');
        chmodSync(join(dir, 'bin', name), 0o755);
      }
      const all = await promised();
      const trace = join(dir, 'trace');
      const driver = join(import.meta.dirname, 'drive.mjs');
      // All that lies outside is read-only to it, should a promise be broken: the attempt is seen all the same.
      const confined = '/bin/mount -o remount,bind,ro / && shift && exec "$@"';
      const args = [
        ...['--mount', '--net', '/bin/sh', '-c', confined, 'sh', '-'],
        ...[
          'strace',
          '-f',
          '-qq',
          '--seccomp-bpf',
          '-s',
          '200',
          '-e',
          `trace=?${TRACED.join(',?')}`,
          '-o',
          '/dev/fd/3',
        ],
        ...[process.execPath, driver, JSON.stringify(all.map(({ args: each }) => each))],
      ];
      const { openSync, closeSync } = await import('node:fs');
      const out = openSync(trace, 'w');
      const { stdout, stderr } = spawnSync('unshare', args, {
        encoding: 'utf8',
        cwd: dir,
        stdio: ['ignore', 'pipe', 'pipe', out],
        env: {
          ...process.env,
          PATH: `${join(dir, 'bin')}:${process.env['PATH']}`,
          ...{ RUSHHOUR_RESULTS: results, XDG_CONFIG_HOME: join(dir, 'config'), HOME: dir },
        },
      });
      closeSync(out);
      expect(stderr).toBe('');
      const deeds = readDeeds(readFileSync(trace, 'utf8'));
      expect(deeds.map(({ index, call }) => `${all[index]?.args.join(' ')}: ${call}`)).toEqual([]);
      // A command line that was refused promised nothing. 5: no night is installed; a port or proxy is missing.
      const ended = JSON.parse(stdout) as { code: number; said: string }[];
      const refused = ended.flatMap(({ code, said }, index) =>
        [0, 3, 4, 5].includes(code) ? [] : [`${all[index]?.args.join(' ')}: exit code ${code}: ${said}`],
      );
      expect(refused).toEqual([]);
      expect(ended).toHaveLength(all.length);
    } finally {
      rmSync(dir, { recursive: true });
    }
  });

  it('would be seen to write, rename, remove, connect or start something', () => {
    const seen = (call: string) =>
      readDeeds(`1 statx(AT_FDCWD, "/rushhour-mark/0", 0, 0, 0) = -1\n1 ${call}\n`).length;
    expect(seen('openat(AT_FDCWD, "/etc/x", O_WRONLY|O_CREAT, 0644) = -1 EROFS')).toBe(1);
    expect(seen('openat(AT_FDCWD, "/etc/x", O_RDONLY|O_CLOEXEC) = 5')).toBe(0);
    expect(seen('openat(AT_FDCWD, "/dev/null", O_RDWR) = 5')).toBe(0);
    expect(seen('execve("/usr/sbin/useradd", ["useradd"], 0x7) = 0')).toBe(1);
    expect(seen('execve("/usr/bin/getent", ["getent"], 0x7) = 0')).toBe(0);
    expect(seen('unlink("/etc/x") = 0')).toBe(1);
    expect(seen('connect(5, {sa_family=AF_INET, sin_port=htons(80)}, 16) = 0')).toBe(1);
    expect(seen('connect(5, {sa_family=AF_UNIX, sun_path="/run/nscd"}, 110) = -1')).toBe(0);
  });
});
