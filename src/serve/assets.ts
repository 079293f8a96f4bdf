import { readFile } from 'node:fs/promises';
import { locateOwn } from '../places.ts';
import type { ReportAssets } from '../render/report/page.ts';
import type { Reply } from './types.ts';

/** Files of ours that pages ask for: a fixed list, read once. */
export async function readAssets({ style }: ReportAssets): Promise<ReadonlyMap<string, Reply>> {
  const own = locateOwn('assets/serve/');
  const [script, pageStyle, icon] = await Promise.all(
    ['page.js', 'page.css', 'icon.svg'].map((name) => readFile(new URL(name, own), 'utf8')),
  );
  return new Map([
    ['report.css', asset('css', style)],
    ['serve.css', asset('css', pageStyle!)],
    ['serve.js', asset('js', script!)],
    ['icon.svg', asset('svg', icon!)],
  ]);
}

function asset(type: Reply['type'], text: string): Reply {
  return { status: 200, type, body: Buffer.from(text) };
}
