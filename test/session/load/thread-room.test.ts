import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkAddressRoom } from '../../../src/session/load/address-room.ts';
import { checkDescriptorRoom } from '../../../src/session/load/descriptor-room.ts';
import { checkThreadRoom, readThreadRoom } from '../../../src/session/load/thread-room.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'rushhour-threads-'));
});
afterEach(() => rmSync(root, { recursive: true }));

const status = (uid: number, threads: number, capEff = '0000000000000000') =>
  `Name:\tnode\nUid:\t${uid}\t${uid}\t${uid}\t${uid}\nThreads:\t${threads}\nCapEff:\t${capEff}\n`;
const limits = (soft: string) =>
  `Limit                     Soft Limit           Hard Limit           Units     \nMax processes             ${soft.padEnd(20)} 63321                processes \n`;

/** A machine that has these files. */
function readFrom(files: Readonly<Record<string, string>>) {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return readThreadRoom(root);
}

/** A user with 7 threads here and 5 elsewhere, and somebody else's process. */
const user = (uid: number, soft: string, capEff?: string) => ({
  'proc/self/limits': limits(soft),
  'proc/self/status': status(uid, 7, capEff),
  'proc/10/status': status(uid, 7, capEff),
  'proc/11/status': status(uid, 5),
  'proc/12/status': status(uid + 1, 50),
});

describe('the room for descriptors of workers', () => {
  const check = (workers: number, limit: string, open: number) => () => {
    mkdirSync(join(root, 'self/fd'), { recursive: true });
    for (let fd = 0; fd < open; fd += 1) writeFileSync(join(root, 'self/fd', String(fd)), '');
    const line = `Max open files            ${limit.padEnd(20)} 1048576              files     \n`;
    writeFileSync(join(root, 'self/limits'), line);
    checkDescriptorRoom(workers, root);
  };

  it('is what the limit leaves', () => {
    expect(check(1, '89', 24)).not.toThrow();
    expect(check(1, '88', 24)).toThrow(
      'a worker needs 65 more open files to begin with, but only 64 are left (ulimit -n is 88)',
    );
    expect(check(4, '88', 24)).toThrow('4 workers need 80 more open files');
    expect(check(4, 'unlimited', 24)).not.toThrow();
    expect(() => checkDescriptorRoom(8, join(root, 'nowhere'))).not.toThrow();
  });

  it('is asked for before any is started', () => {
    const module = new URL('../../../dist/session/load/thread-executor.js', import.meta.url).href;
    // All modules of this thread are there: what a worker lacks is another matter.
    const script = `
      const { executeInThreads } = await import(process.argv[1]);
      const { openSync, readdirSync } = await import('node:fs');
      while (readdirSync('/proc/self/fd').length < 200) openSync('/dev/null');
      executeInThreads([{}], () => {});
    `;
    const node = `ulimit -n 256 && exec '${process.execPath}' --input-type=module -e "$1" "$2"`;
    const { stderr } = spawnSync('sh', ['-c', node, 'sh', script, module], { encoding: 'utf8' });
    expect(stderr).toMatch(/a worker needs 65 more open files.* are left \(ulimit -n is 256\)/);
  });
});

describe('the room for addresses of workers', () => {
  const check = (workers: number, limit: string) => () => {
    mkdirSync(join(root, 'self'), { recursive: true });
    writeFileSync(
      join(root, 'self/limits'),
      `Max address space         ${limit}           unlimited            bytes\n`,
    );
    writeFileSync(join(root, 'self/status'), 'VmSize:\t 1048576 kB\n');
    checkAddressRoom(workers, root);
  };

  it('is what the limit leaves', () => {
    expect(check(1, `${1_674 * 1_048_576}`)).not.toThrow();
    expect(check(8, 'unlimited')).not.toThrow();
    expect(() => checkAddressRoom(8, join(root, 'nowhere'))).not.toThrow();
    expect(check(2, `${1_674 * 1_048_576}`)).toThrow(
      expect.objectContaining({
        exitCode: 5,
        message: '2 workers may need 1250 MB of address space, but only 650 MB are left (ulimit -v)',
        hint: expect.stringContaining(`ulimit -v ${2_274 * 1_024},`),
      }),
    );
  });
});

describe('the room for threads', () => {
  it('is what the user’s limit leaves of all its threads', () => {
    expect(readFrom(user(1_000, '30'))).toEqual({ what: 'ulimit -u', limit: 30, used: 12, free: 18 });
    expect(readFrom(user(1_000, '9'))).toEqual({ what: 'ulimit -u', limit: 9, used: 12, free: 0 });
  });

  it.each([
    ['root', user(0, '30')],
    ['CAP_SYS_RESOURCE', user(1_000, '30', '0000000001000000')],
    ['CAP_SYS_ADMIN', user(1_000, '30', '0000000000200000')],
    ['no limit', user(1_000, 'unlimited')],
    ['one that is far', user(1_000, '63321')],
    ['no /proc', {}],
  ])('has no bound with %s', (_, files) => {
    expect(readFrom(files)).toBeUndefined();
  });

  it('is bounded by the narrowest cgroup, above as well', () => {
    const cgroups = {
      'proc/self/cgroup': '0::/system.slice/probe.service\n',
      'sys/fs/cgroup/system.slice/pids.max': '100\n',
      'sys/fs/cgroup/system.slice/pids.current': '90\n',
      'sys/fs/cgroup/system.slice/probe.service/pids.max': 'max\n',
      'sys/fs/cgroup/system.slice/probe.service/pids.current': '9\n',
    };
    const narrow = { what: 'pids.max of the cgroup', limit: 100, used: 90, free: 10 };
    expect(readFrom(cgroups)).toEqual(narrow);
    expect(readFrom(user(1_000, '30'))).toEqual(narrow);
    expect(readFrom(user(1_000, '20'))).toMatchObject({ what: 'ulimit -u', free: 8 });
  });

  it('is bounded by a cgroup of version 1, and by that of a container', () => {
    const first = {
      'proc/self/cgroup': '11:cpu,cpuacct:/\n5:pids:/docker/abc\n0::/\n',
      'sys/fs/cgroup/pids/docker/abc/pids.max': '64',
      'sys/fs/cgroup/pids/docker/abc/pids.current': '60',
    };
    expect(readFrom(first)).toMatchObject({ limit: 64, free: 4 });
    rmSync(join(root, 'proc'), { recursive: true });
    const container = {
      'proc/self/cgroup': '0::/\n',
      'sys/fs/cgroup/pids.max': '32',
      'sys/fs/cgroup/pids.current': '2',
    };
    expect(readFrom(container)).toMatchObject({ limit: 32, free: 30 });
  });

  it('is asked for before any is started', () => {
    const room = { what: 'ulimit -u', limit: 30, used: 20, free: 10 } as const;
    expect(() => checkThreadRoom('this load', 8, room)).not.toThrow();
    expect(() => checkThreadRoom('this load', 8, undefined)).not.toThrow();
    expect(() => checkThreadRoom('this load', 9, room)).toThrow(
      expect.objectContaining({
        exitCode: 5,
        message: expect.stringContaining('10 may be started (ulimit -u is 30, 20 in use)'),
        hint: expect.stringContaining('ulimit -u 60'),
      }),
    );
  });
});
