import { expect, it } from 'vitest';
import { SuccessivePages } from '../../../bench/browsers/successive-pages.mjs';
import { compilePage } from '../../../src/engine/browser/page.ts';
import type { BrowserLoad } from '../../../src/scenario/load-types.ts';
import { armOf } from '../../analysis/parts.ts';

/** A document and two objects, each on a host of its own. */
function pageOf(documentHost: string, ...hosts: string[]) {
  const load: BrowserLoad = {
    ...{ kind: 'browsers', profile: 'chromium', browsers: 1, rampUs: 0, forUs: 1, connections: 6 },
    ...{ thinkUs: 0, idleUs: 1 },
    page: { objects: 1 + hosts.length, paths: ['/{object}'], hosts: hosts.map((host) => ({ host })) },
  };
  const target = { scheme: 'https', host: documentHost, port: 443, path: '/' } as const;
  return compilePage(armOf({ load, via: 'tunnel', target }), load);
}

it('a host keeps its number from page to page, and a tunnel to it is asked for by that', () => {
  const pages = new SuccessivePages();
  pages.turnTo(pageOf('a.test', 'b.test', 'c.test'));
  expect([0, 1, 2].map((object) => pages.hostOf(object))).toEqual([0, 1, 2]);
  pages.turnTo(pageOf('d.test', 'c.test', 'a.test'));
  expect([0, 1, 2].map((object) => pages.hostOf(object))).toEqual([3, 2, 0]);
  const asked = [3, 2, 0].map((site) => Buffer.from(pages.connect(site, 0)).toString().split(' ', 2)[1]);
  expect(asked).toEqual(['d.test:443', 'c.test:443', 'a.test:443']);
  expect(pages.objects).toBe(3);
});
