import { networkInterfaces } from 'node:os';
import { loadPacPackages, type PacPackages } from './packages.ts';
import type { Question, Reply } from './types.ts';

/** A real script with its lists needs a tenth of it. */
const MEMORY_BYTES = 64 * 1024 * 1024;

/**
 * Asks a script's FindProxyForURL(url, host) of every URL. It runs in an engine that sees no file, no network and no other
 * script, only the functions that proxy.pac has by tradition; of those, dnsResolve, isInNet and isResolvable ask the system's
 * resolver, as in a browser. Throws nothing.
 */
export async function evaluate(
  { script, urls, patienceMs }: Question,
  load: () => Promise<PacPackages> = loadPacPackages,
): Promise<Reply> {
  let packages: PacPackages;
  try {
    packages = await load();
  } catch (error) {
    return { missing: firstLine(error) };
  }
  const until = performance.now() + patienceMs;
  const isOver = (): boolean => performance.now() > until;
  try {
    const vm = await packages.createVm({ memoryLimit: MEMORY_BYTES, interruptHandler: isOver });
    const find = packages.createPacResolver(vm, script, {
      sandbox: { myIpAddress: () => myIpAddress(), alert: () => undefined },
    });
    const answers: string[] = [];
    for (const url of urls) {
      const answer = await find(url);
      if (typeof answer !== 'string' && answer !== null && answer !== undefined)
        return { fault: `FindProxyForURL returned ${typeof answer}, not text` };
      answers.push(answer ?? '');
    }
    return { answers };
  } catch (error) {
    return { fault: isOver() ? `it computed for more than ${patienceMs / 1_000} s` : firstLine(error) };
  }
}

/**
 * The first address of this machine that others can reach. (The package's own function would open a connection to a public
 * name server to learn it.)
 */
export function myIpAddress(interfaces = networkInterfaces()): string {
  const own = Object.values(interfaces).flatMap((addresses) => addresses ?? []);
  return own.find(({ family, internal }) => family === 'IPv4' && !internal)?.address ?? '127.0.0.1';
}

function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split('\n')[0] || 'it gave no reason';
}
