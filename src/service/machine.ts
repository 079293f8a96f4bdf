import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

export interface CommandResult {
  /** -1 if it could not be started. */
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The machine on which soaks are installed: replaced in tests, and by a folder when an image is prepared. */
export interface Machine {
  /** '' for this one; a folder that holds another's files. */
  readonly root: string;
  readonly isRoot: boolean;
  readonly hasSystemd: boolean;
  run(command: readonly [string, ...string[]]): CommandResult;
  /** Whether the user is known; always false for a folder, whose users are not asked for. */
  hasUser(name: string): boolean;
  /** What a user may not read or write; `undefined` if it cannot be determined. */
  findForbidden(
    user: string,
    read: readonly string[],
    write: readonly string[],
  ): readonly string[] | undefined;
}

/** Prints the paths that cannot be used so, one a line. */
const TRIER = `
  const { accessSync, constants } = require('node:fs');
  const [read, write] = JSON.parse(process.argv[1]);
  const tryEach = (paths, mode) => paths.forEach((path) => {
    try { accessSync(path, mode); } catch { console.log(path); }
  });
  tryEach(read, constants.R_OK);
  tryEach(write, constants.W_OK | constants.X_OK);
`;
/** nobody(5): has everybody's rights, like a user that does not exist yet. */
const NOBODY = { uid: 65_534, gid: 65_534 };

/** This machine, or files of another below a folder, of which no command is run. */
export function createMachine(root = ''): Machine {
  const isRoot = process.getuid?.() === 0;
  const here = root === '';
  return {
    root,
    isRoot,
    // sd_booted(3). A folder is for a machine that will have it.
    hasSystemd: here ? existsSync('/run/systemd/system') : true,
    run: (command) => (here ? run(command) : { status: 0, stdout: '', stderr: '' }),
    hasUser: (name) => here && findUser(name) !== undefined,
    findForbidden(user, read, write) {
      if (!here || !isRoot) return undefined;
      const { uid, gid } = findUser(user) ?? NOBODY;
      const result = spawnSync(process.execPath, ['-e', TRIER, JSON.stringify([read, write])], {
        ...{ uid, gid, cwd: '/', encoding: 'utf8', env: {} },
      });
      // Node itself cannot be started by that user.
      if (result.error !== undefined || result.status !== 0) return [process.execPath];
      return result.stdout.split('\n').filter((line) => line !== '');
    },
  };
}

function run([command, ...args]: readonly [string, ...string[]]): CommandResult {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  return { status: status ?? -1, stdout: stdout ?? '', stderr: error?.message ?? stderr ?? '' };
}

function findUser(name: string): { uid: number; gid: number } | undefined {
  const asked = run(['getent', 'passwd', name]);
  const passwd = asked.status === -1 ? readFileSync('/etc/passwd', 'utf8') : asked.stdout;
  const fields = passwd.split('\n').map((line) => line.split(':'));
  const found = fields.find(([user]) => user === name);
  return found === undefined ? undefined : { uid: Number(found[2]), gid: Number(found[3]) };
}
