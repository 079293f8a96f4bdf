import { readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** Calls whose error also has a path, and that are no matter of a file's rights. */
const OTHER_CALLS = /^(?:spawn|connect|listen|bind)/;

/** The path that the system refuses to this user for want of rights (errno(3)); undefined of any other error. */
export function deniedPath(error: unknown): string | undefined {
  const { code, syscall, path } = Object(error) as { code?: unknown; syscall?: unknown; path?: unknown };
  if (code !== 'EACCES' && code !== 'EPERM') return undefined;
  return typeof path === 'string' && !OTHER_CALLS.test(String(syscall)) ? path : undefined;
}

/** What keeps this user from a path, and whose it is: `/srv/fleet belongs to root (mode 700)`, the innermost that can be looked at. */
export function describeOwner(path: string): string {
  for (let at = path; ; at = dirname(at)) {
    try {
      const { uid, mode } = statSync(at);
      return `${at} belongs to ${nameOf(uid)} (mode ${(mode & 0o7777).toString(8)})`;
    } catch {
      if (dirname(at) === at) return `${path} cannot be looked at`;
    }
  }
}

/** By passwd(5); users of a directory service have their number. */
function nameOf(uid: number): string {
  try {
    const line = readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .find((each) => each.split(':')[2] === String(uid));
    return line?.split(':')[0] || `user ${uid}`;
  } catch {
    return `user ${uid}`;
  }
}
