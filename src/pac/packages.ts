import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

/** Not literals, or the compiler would look up the types of packages that may be absent. */
const RESOLVER: string = 'pac-resolver';
const QUICKJS: string = 'quickjs-wasi';

/** A JavaScript engine in WebAssembly: what runs in it reaches nothing but the functions that it is given. */
export interface QuickJs {
  dispose?(): void;
}

export interface PacPackages {
  createVm(limits: { readonly memoryLimit: number; interruptHandler(): boolean }): Promise<QuickJs>;
  createPacResolver(
    vm: QuickJs,
    script: string,
    options: { readonly sandbox: Readonly<Record<string, (...args: never[]) => unknown>> },
  ): (url: string) => Promise<unknown>;
}

/** Loads the optional packages that evaluate scripts. @throws Error of Node where one is not installed */
export async function loadPacPackages(): Promise<PacPackages> {
  const [{ createPacResolver }, { QuickJS }] = await Promise.all([import(RESOLVER), import(QUICKJS)]);
  const wasm = await readFile(createRequire(import.meta.url).resolve(`${QUICKJS}/quickjs.wasm`));
  return { createPacResolver, createVm: (limits) => QuickJS.create({ wasm, ...limits }) };
}
