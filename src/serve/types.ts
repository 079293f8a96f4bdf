import type { Catalog } from './catalog.ts';
import type { LiveRuns } from './live-runs.ts';
import type { PageCache } from './page-cache.ts';

/** What is asked for, taken apart and decoded. */
export interface PageRequest {
  /** Of the path, decoded. */
  readonly segments: readonly string[];
  readonly query: URLSearchParams;
}

/** What is answered. */
export interface Reply {
  readonly status: number;
  readonly type: 'html' | 'json' | 'css' | 'js' | 'svg';
  readonly body: string | Buffer;
  /** Content-Security-Policy of a page; without one it may load nothing. */
  readonly policy?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What pages are made of. */
export interface Site {
  readonly catalog: Catalog;
  readonly pages: PageCache;
  readonly live: LiveRuns;
  /** Address of a file of ours to its text. */
  readonly assets: ReadonlyMap<string, Reply>;
}

export type Handler = (
  site: Site,
  request: PageRequest,
  names: Readonly<Record<string, string>>,
) => Promise<Reply>;
