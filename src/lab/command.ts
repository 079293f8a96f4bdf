import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { EnvironmentError } from '../errors.ts';

/** Directories of administrators' tools; PATH often lacks them, especially under sudo or cron. */
const SBIN = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/** Debian package of each tool that the lab calls. */
const PACKAGES = { ip: 'iproute2', nft: 'nftables', sysctl: 'procps', sh: 'dash' } as const;

/** The environment in which tools are found. */
export function toolEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, PATH: [process.env['PATH'] ?? '', ...SBIN].join(delimiter) };
}

/**
 * Runs a tool to completion and returns its output. It runs in its own session: Ctrl-C must not leave a lab half built
 * or half removed.
 * @throws EnvironmentError with its error output
 */
export function runTool(argv: readonly [string, ...string[]], input = ''): Promise<string> {
  const [command, ...args] = argv;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env: toolEnvironment(), detached: true, stdio: 'pipe' });
    let printed = '';
    let complaint = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text));
    const fail = (why: string, cause?: Error): void =>
      reject(new EnvironmentError(`${argv.join(' ')} failed: ${complaint.trim() || why}`, { cause }));
    child.once('error', (cause) => fail(cause.message, cause));
    child.once('close', (code, signal) => {
      if (code === 0) resolve(printed);
      else fail(code === null ? `it died of ${signal}` : `exit code ${code}`);
    });
    // A tool that fails before it has read its input reports the reason itself.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
}

/**
 * @throws EnvironmentError if this is not Linux, the user is not root, or a tool is missing, with the command that
 * fixes it
 */
export function requireLabHost(): void {
  if (process.platform !== 'linux') {
    throw new EnvironmentError('The lab needs Linux, because it consists of network namespaces.', {
      hint: 'run it in a Linux virtual machine',
    });
  }
  if (process.getuid?.() !== 0) {
    throw new EnvironmentError(
      'The lab needs root, because it creates network namespaces and firewall rules in them.',
      {
        hint: 'run the same command with sudo',
      },
    );
  }
  const missing = Object.entries(PACKAGES).filter(([tool]) => !isInstalled(tool));
  if (missing.length === 0) return;
  const [tools, packages] = [0, 1].map((column) => missing.map((entry) => entry[column]));
  throw new EnvironmentError(`The lab needs ${tools?.join(' and ')}, which is missing on this machine.`, {
    hint: `apt-get install ${packages?.join(' ')}`,
  });
}

function isInstalled(tool: string): boolean {
  const dirs = (toolEnvironment()['PATH'] ?? '').split(delimiter);
  return dirs.some((dir) => {
    try {
      accessSync(join(dir, tool), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
