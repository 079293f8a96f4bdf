import { describe, expect, it } from 'vitest';
import { compilePage } from '../../../src/engine/browser/page.ts';
import type { BrowserLoad, PageSpec } from '../../../src/scenario/load-types.ts';
import type { Arm } from '../../../src/scenario/types.ts';
import { armOf } from '../../analysis/parts.ts';

const NONCE = '0000000000000007';

function compile(written: Omit<PageSpec, 'hosts'> & Partial<PageSpec>, changes: Partial<Arm> = {}) {
  const page = { hosts: [], ...written };
  const load: BrowserLoad = {
    ...{
      kind: 'browsers',
      profile: 'chromium',
      browsers: 1,
      rampUs: 0,
      forUs: 1,
      connections: 6,
      thinkUs: 0,
      idleUs: 1,
      page,
    },
  };
  const { request, ...compiled } = compilePage(
    armOf({
      load,
      via: 'proxy',
      target: { scheme: 'http', host: 'www.example.org', port: 80, path: '/start?n={nonce}' },
      ...changes,
    }),
    load,
  );
  return {
    ...compiled,
    /** Lines of a request, without the empty ones at its end. */
    linesOf(object: number, nonce: number, credentials?: string): string[] {
      const text = Buffer.from(request(object, nonce, credentials)).toString('latin1');
      expect(text.endsWith('\r\n\r\n')).toBe(true);
      return text.slice(0, -4).split('\r\n');
    },
  };
}

const firstLine = (lines: readonly string[]): string | undefined => lines[0];

describe('the requests of a page', () => {
  it('ask a proxy for whole URLs: the target, then the paths in turn, with numbers of their own', () => {
    const page = compile({ objects: 4, paths: ['/{object}.png?{nonce}', '/style.css'] });
    expect(page.objects).toBe(4);
    expect([0, 1, 2, 3].map((object) => firstLine(page.linesOf(object, 7)))).toEqual([
      `GET http://www.example.org/start?n=${NONCE} HTTP/1.1`,
      `GET http://www.example.org/1.png?${NONCE} HTTP/1.1`,
      'GET http://www.example.org/style.css HTTP/1.1',
      `GET http://www.example.org/3.png?${NONCE} HTTP/1.1`,
    ]);
  });

  it('go to the hosts of the objects in turn, and name each by its number', () => {
    const hosts = [{ host: 'a.example' }, { host: '127.0.0.2', port: 8_080 }, { host: 'www.example.org' }];
    const page = compile({ objects: 5, paths: ['/{object}'], hosts });
    expect([0, 1, 2, 3, 4].map((object) => page.linesOf(object, 7).slice(0, 2))).toEqual([
      [`GET http://www.example.org/start?n=${NONCE} HTTP/1.1`, 'Host: www.example.org'],
      ['GET http://a.example/1 HTTP/1.1', 'Host: a.example'],
      ['GET http://127.0.0.2:8080/2 HTTP/1.1', 'Host: 127.0.0.2:8080'],
      ['GET http://www.example.org/3 HTTP/1.1', 'Host: www.example.org'],
      ['GET http://a.example/4 HTTP/1.1', 'Host: a.example'],
    ]);
    // The target is one host, wherever it is named.
    expect([0, 1, 2, 3, 4].map((object) => page.hostOf(object))).toEqual([0, 1, 2, 0, 1]);
  });

  it('all go to the target where it stands in for hosts, which are told apart nevertheless', () => {
    const hosts = [{ standIn: 0 }, { standIn: 1 }, { standIn: 2 }];
    const page = compile({ objects: 5, paths: ['/{object}'], hosts });
    expect([1, 2, 3, 4].map((object) => page.linesOf(object, 7).slice(0, 2))).toEqual(
      [1, 2, 3, 4].map((object) => [
        `GET http://www.example.org/${object} HTTP/1.1`,
        'Host: www.example.org',
      ]),
    );
    expect([0, 1, 2, 3, 4].map((object) => page.hostOf(object))).toEqual([0, 0, 1, 2, 0]);
  });

  it('ask for the target again and again where no paths are given', () => {
    const page = compile({ objects: 2, paths: [] });
    expect(firstLine(page.linesOf(1, 7))).toBe(`GET http://www.example.org/start?n=${NONCE} HTTP/1.1`);
  });

  it('ask the target itself for paths alone, and name a port that is not the scheme’s', () => {
    const target = { scheme: 'http', host: '::1', port: 8_080, path: '' } as const;
    const page = compile({ objects: 1, paths: [] }, { via: 'direct', target });
    expect(page.linesOf(0, 7).slice(0, 2)).toEqual(['GET / HTTP/1.1', 'Host: [::1]:8080']);
  });

  it('have the arm’s own headers, and keep the connection', () => {
    const headers = [['X-Number', 'a{nonce}']] as const;
    const page = compile(
      { objects: 1, paths: [] },
      { request: { method: 'GET', version: '1.1', headers, body: '' } },
    );
    expect(page.linesOf(0, 7).slice(1)).toEqual([
      ...['Host: www.example.org', 'User-Agent: rushhour', 'Accept: */*'],
      `X-Number: a${NONCE}`,
    ]);
  });

  it('carry credentials in the field of whoever asks, where they have any', () => {
    const credentials = { kind: 'ticket-cache' } as const;
    const auth = { to: 'origin', scheme: 'negotiate', mode: 'challenge', credentials } as const;
    const page = compile({ objects: 1, paths: [] }, { auth });
    expect(page.linesOf(0, 7).join()).not.toContain('Authorization');
    expect(page.linesOf(0, 7, 'Negotiate abc')).toContain('Authorization: Negotiate abc');
    const toProxy = compile({ objects: 1, paths: [] });
    expect(toProxy.linesOf(0, 7, 'x')).toContain('Proxy-Authorization: x');
  });
});
