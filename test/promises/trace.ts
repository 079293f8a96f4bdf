/** System calls by which something outside a process changes: files, their names and rights, programs, connections. */
export const TRACED = [
  ...['open', 'openat', 'openat2', 'creat', 'truncate', 'rename', 'renameat', 'renameat2', 'link', 'linkat'],
  ...['symlink', 'symlinkat', 'unlink', 'unlinkat', 'mkdir', 'mkdirat', 'rmdir', 'mknod', 'mknodat', 'chmod'],
  ...['fchmodat', 'chown', 'lchown', 'fchownat', 'utimensat', 'setxattr', 'execve', 'execveat', 'connect'],
  // Where the marks are seen; they change nothing.
  ...['stat', 'statx', 'newfstatat', 'access', 'faccessat', 'faccessat2'],
];

const LOOKS = ['stat', 'statx', 'newfstatat', 'access', 'faccessat', 'faccessat2'];

/** Programs that tell and change nothing, whatever they are called with. */
const TELLERS = ['getent', 'klist', 'node'];

export interface Deed {
  /** Place in the list of command lines. */
  readonly index: number;
  readonly call: string;
}

/** What a trace of strace(1) shows to have been done, by command line. Calls that failed were attempts all the same. */
export function readDeeds(trace: string): Deed[] {
  const deeds: Deed[] = [];
  let index = -1;
  for (const line of trace.split('\n')) {
    const mark = /"\/rushhour-mark\/(\w+)"/.exec(line)?.[1];
    if (mark !== undefined) index = mark === 'end' ? -1 : Number(mark);
    else if (index >= 0 && changes(line)) deeds.push({ index, call: line });
  }
  return deeds;
}

function changes(line: string): boolean {
  const [, call = '', args = ''] = /^(?:\d+ +)?(\w+)\((.*)$/.exec(line) ?? [];
  if (call === '' || LOOKS.includes(call)) return false;
  if (call === 'open' || call === 'openat' || call === 'openat2') {
    return /O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|O_APPEND/.test(args) && !args.includes('"/dev/null"');
  }
  if (call === 'connect') return !args.includes('AF_UNIX') && !args.includes('AF_UNSPEC');
  if (call === 'execve') {
    const [, program = ''] = /^"([^"]*)"/.exec(args) ?? [];
    return !TELLERS.includes(program.split('/').at(-1)!);
  }
  return true;
}
