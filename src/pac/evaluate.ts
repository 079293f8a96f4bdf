import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { networkInterfaces } from 'node:os';
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
    return { fault: isOver() ? `it ran for more than ${patienceMs / 1_000} s` : firstLine(error) };
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

/** Not literals, or the compiler would look up the types of packages that may be absent. */
const RESOLVER: string = 'pac-resolver';
const QUICKJS: string = 'quickjs-wasi';

/** A JavaScript engine in WebAssembly: what runs in it reaches nothing but the functions that it is given. */
interface QuickJs {
  dispose?(): void;
}

interface PacPackages {
  createVm(limits: { readonly memoryLimit: number; interruptHandler(): boolean }): Promise<QuickJs>;
  createPacResolver(
    vm: QuickJs,
    script: string,
    options: { readonly sandbox: Readonly<Record<string, (...args: never[]) => unknown>> },
  ): (url: string) => Promise<unknown>;
}

/**
 * Loads the optional packages that evaluate scripts.
 * @throws Error of Node where one is not installed
 */
async function loadPacPackages(): Promise<PacPackages> {
  const [{ createPacResolver }, { QuickJS }] = await Promise.all([import(RESOLVER), import(QUICKJS)]);
  const wasm = await readFile(createRequire(import.meta.url).resolve(`${QUICKJS}/quickjs.wasm`));
  return { createPacResolver, createVm: (limits) => QuickJS.create({ wasm, ...limits }) };
}
