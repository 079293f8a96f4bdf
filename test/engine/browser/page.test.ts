import { describe, expect, it } from 'vitest';
import { compilePage } from '../../../src/engine/browser/page.ts';
import type { BrowserLoad, PageSpec } from '../../../src/scenario/load-types.ts';
import type { Arm } from '../../../src/scenario/types.ts';
import { armOf } from '../../analysis/parts.ts';

const NONCE = '0000000000000007';

function compile(page: PageSpec, changes: Partial<Arm> = {}) {
  const load: BrowserLoad = {
    ...{ kind: 'browsers', browsers: 1, rampUs: 0, forUs: 1, connections: 6, thinkUs: 0, idleUs: 1, page },
  };
  return compilePage(
    armOf({
      load,
      via: 'proxy',
      target: { scheme: 'http', host: 'www.example.org', port: 80, path: '/start?n={nonce}' },
      ...changes,
    }),
    load,
  );
}

describe('the requests of a page', () => {
  it('ask a proxy for whole URLs: the target, then the paths in turn, with numbers of their own', () => {
    const page = compile({ objects: 4, paths: ['/{object}.png?{nonce}', '/style.css'] });
    expect(page.objects).toBe(4);
    expect([0, 1, 2, 3].map((object) => page.request(object, 7).path)).toEqual([
      `http://www.example.org/start?n=${NONCE}`,
      `http://www.example.org/1.png?${NONCE}`,
      'http://www.example.org/style.css',
      `http://www.example.org/3.png?${NONCE}`,
    ]);
  });

  it('ask for the target again and again where no paths are given', () => {
    const page = compile({ objects: 2, paths: [] });
    expect(page.request(1, 7).path).toBe(`http://www.example.org/start?n=${NONCE}`);
  });

  it('ask the target itself for paths alone, and name a port that is not the scheme’s', () => {
    const target = { scheme: 'http', host: '::1', port: 8_080, path: '' } as const;
    const page = compile({ objects: 1, paths: [] }, { via: 'direct', target });
    expect(page.request(0, 7)).toMatchObject({ path: '/', headers: expect.arrayContaining(['[::1]:8080']) });
  });

  it('have the arm’s own headers, and keep the connection', () => {
    const headers = [['X-Number', 'a{nonce}']] as const;
    const page = compile(
      { objects: 1, paths: [] },
      { request: { method: 'GET', version: '1.1', headers, body: '' } },
    );
    expect(page.request(0, 7).headers).toEqual([
      ...['Host', 'www.example.org', 'User-Agent', 'rushhour', 'Accept', '*/*'],
      ...['X-Number', `a${NONCE}`],
    ]);
  });

  it('carry credentials in the field of whoever asks, where they have any', () => {
    const credentials = { kind: 'ticket-cache' } as const;
    const auth = { to: 'origin', scheme: 'negotiate', mode: 'challenge', credentials } as const;
    const page = compile({ objects: 1, paths: [] }, { auth });
    expect(page.request(0, 7).headers).not.toContain('Authorization');
    expect(page.request(0, 7, 'Negotiate abc').headers.slice(-2)).toEqual(['Authorization', 'Negotiate abc']);
    expect(compile({ objects: 1, paths: [] }).request(0, 7, 'x').headers).toContain('Proxy-Authorization');
  });
});
