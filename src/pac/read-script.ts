import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EnvironmentError } from '../errors.ts';
import { checkPacSource } from '../scenario/proxy-schema.ts';
import { PAST_THE_PROXY } from './past-the-proxy.ts';

/** What Chromium takes (kDefaultMaxResponseBytes in pac_file_fetcher_impl.cc). */
export const MAX_SCRIPT_BYTES = 1_048_576;

const FETCH_MS = 10_000;

export interface Script {
  /** What plan and errors call it: the last part of its path. */
  readonly name: string;
  readonly text: string;
}

export interface ReadOptions {
  /** What a relative path begins at. */
  readonly cwd: string;
  /** Certificates to trust for https://, PEM; undefined: Node's own. */
  readonly ca?: string | undefined;
  readonly timeoutMs?: number;
}

/**
 * Reads a script of proxies from a file, or by http:// or https:// without going through any proxy.
 * @throws UsageError for what is neither, or carries credentials
 * @throws EnvironmentError where it cannot be read in time, or is larger than {@link MAX_SCRIPT_BYTES}
 */
export async function readScript(source: string, options: ReadOptions): Promise<Script> {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(checkPacSource(source))?.[1]?.toLowerCase();
  const isFetched = scheme === 'http' || scheme === 'https';
  const name = nameOf(source);
  try {
    if (isFetched) return { name, text: await fetchText(source, options) };
    const path = scheme === 'file' ? fileURLToPath(source) : resolve(options.cwd, source);
    return { name, text: await readText(path) };
  } catch (cause) {
    const { message, cause: below } = cause as Error;
    const why = below instanceof Error && below.message !== '' ? below.message : message;
    throw new EnvironmentError(`cannot read the PAC script ${name} (${why})`, {
      hint: `check the path or URL, or give the proxy with --proxy${isFetched ? `; ${PAST_THE_PROXY}` : ''}`,
      cause,
    });
  }
}

/** Without folders, query or user: it stands in plans and results. */
function nameOf(source: string): string {
  const bare = source.replace(/^[a-z][a-z0-9+.-]*:\/\/(?:[^/?#]*@)?/i, '').replace(/[?#].*$/s, '');
  return bare.split('/').findLast((part) => part !== '') ?? 'the PAC script';
}

async function readText(path: string): Promise<string> {
  const file = await open(path);
  try {
    if (!(await file.stat()).isFile()) throw new Error('it is not a regular file');
    return await collect(file.createReadStream({ autoClose: false, end: MAX_SCRIPT_BYTES }));
  } finally {
    await file.close();
  }
}

async function fetchText(url: string, { ca, timeoutMs = FETCH_MS }: ReadOptions): Promise<string> {
  const { Agent, fetch } = await import('undici');
  const agent = new Agent(ca === undefined ? {} : { connect: { ca } });
  try {
    const response = await fetch(url, { dispatcher: agent, signal: AbortSignal.timeout(timeoutMs) });
    if (!response.ok) throw new Error(`the server answers ${response.status}`);
    return response.body === null ? '' : await collect(response.body);
  } finally {
    await agent.destroy();
  }
}

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of chunks) {
    bytes += part.length;
    if (bytes > MAX_SCRIPT_BYTES) throw new Error('it is larger than 1 MiB');
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}
