import { describe, expect, it } from 'vitest';
import { compileContent } from '../../src/engine/http/content-rule.ts';
import type { CreateEngine } from '../../src/engine/types.ts';
import type { ContentExpectation } from '../../src/outcome/expectation.ts';
import { armTo, countOutcomes, outcomeOf } from '../support/arms.ts';
import { answering, dripping, responseOf, startPeer } from '../support/servers.ts';
import { attempt, attemptOnce, driveSoundly, times } from './attempts.ts';
import { asking, authArmTo, OK, walletOf } from './credentials.ts';

const body = (wanted: Partial<NonNullable<ContentExpectation['body']>>): ContentExpectation => ({
  body: { contains: [], matches: [], notContains: [], ...wanted },
});

const PAGE = '<title>News of the day</title>';
const CHUNKED = `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${[...PAGE].map((letter) => `1\r\n${letter}\r\n`).join('')}0\r\n\r\n`;
const GZIPPED = responseOf(PAGE, '200 OK', 'Content-Encoding: gzip\r\n');

/** What a response must hold besides its status. */
export function describeContent(create: CreateEngine): void {
  describe('content', () => {
    const CASES: readonly (readonly [string, ContentExpectation, string, 'ok' | 'unexpected-content'])[] = [
      ['a text that is there', body({ contains: ['News', 'day'] }), responseOf(PAGE), 'ok'],
      ['a text that is not', body({ contains: ['News', 'blocked'] }), responseOf(PAGE), 'unexpected-content'],
      [
        'a text of the head alone',
        body({ contains: ['Content-Length'] }),
        responseOf(PAGE),
        'unexpected-content',
      ],
      [
        'an unwanted text',
        body({ notContains: ['blocked', 'News'] }),
        responseOf(PAGE),
        'unexpected-content',
      ],
      ['no unwanted text', body({ notContains: ['blocked'] }), responseOf(PAGE), 'ok'],
      ['a pattern that matches', body({ matches: ['<title>[^<]*day</title>$'] }), responseOf(PAGE), 'ok'],
      ['a pattern that does not', body({ matches: ['^News'] }), responseOf(PAGE), 'unexpected-content'],
      ['a text across chunks', body({ contains: ['News of'], notContains: ['N\r\n'] }), CHUNKED, 'ok'],
      ['a length out of chunks', { bytes: { from: PAGE.length, to: PAGE.length } }, CHUNKED, 'ok'],
      [
        'a length too small',
        { bytes: { from: PAGE.length + 1, to: 999 } },
        responseOf(PAGE),
        'unexpected-content',
      ],
      [
        'a length too large',
        { bytes: { from: 0, to: PAGE.length - 1 } },
        responseOf(PAGE),
        'unexpected-content',
      ],
      [
        'a body that ends with the connection',
        body({ contains: ['day'] }),
        `HTTP/1.1 200 OK\r\n\r\n${PAGE}`,
        'ok',
      ],
      ['a header', { headers: [['x-cache', 'HIT']] }, responseOf('', '200 OK', 'X-Cache:  HIT \r\n'), 'ok'],
      [
        'another header',
        { headers: [['x-cache', 'HIT']] },
        responseOf('', '200 OK', 'X-Cache: MISS\r\n'),
        'unexpected-content',
      ],
      ['no such header', { headers: [['x-cache', 'HIT']] }, responseOf(''), 'unexpected-content'],
      [
        'a compressed body, not looked into',
        body({ notContains: ['blocked'] }),
        GZIPPED,
        'unexpected-content',
      ],
      ['a compressed body by its length', { bytes: { from: 1, to: 999 } }, GZIPPED, 'ok'],
      [
        'a text that is not, where closing ends the body',
        body({ contains: ['x'] }),
        'HTTP/1.1 200 OK\r\n\r\nNews',
        'unexpected-content',
      ],
      ['no body', body({ contains: ['x'] }), 'HTTP/1.1 204 No\r\n\r\n', 'unexpected-content'],
    ];
    it.each(CASES)('is told: %s', async (_what, content, text, outcome) => {
      const peer = await startPeer(answering(text, 'closes'));
      const record = await attemptOnce(create, armTo(peer, { content: compileContent(content) }));
      expect(outcomeOf(record, { kind: 'status', statuses: [] })).toBe(outcome);
    });

    it('names each condition that the response does not meet, a header without its value', async () => {
      const content = compileContent({
        body: { contains: ['News', 'absent'], matches: ['^News', 'day'], notContains: ['of', 'blocked'] },
        bytes: { from: 1, to: 5 },
        headers: [
          ['x-cache', 'HIT'],
          ['content-length', String(PAGE.length)],
        ],
      });
      const named = async (text: string): Promise<readonly string[] | undefined> => {
        const peer = await startPeer(answering(text, 'closes'));
        return (await attemptOnce(create, armTo(peer, { content }))).unmet;
      };
      expect(await named(responseOf(PAGE))).toEqual([
        'bytes 1..5',
        'header x-cache',
        'contains "absent"',
        'notContains "of"',
        'matches "^News"',
      ]);
      expect(await named(GZIPPED)).toEqual(['bytes 1..5', 'header x-cache', 'the body is compressed']);
    });

    it('is the same byte by byte, and after an interim response', async () => {
      const interim = 'HTTP/1.1 103 Early\r\nX-Cache: MISS\r\n\r\n';
      const peer = await startPeer(
        dripping(interim + responseOf('ab', '200 OK', 'X-Cache: HIT\r\n'), 'closes'),
      );
      const rule = compileContent({
        ...body({ contains: ['ab'], matches: ['^ab$'] }),
        headers: [['x-cache', 'HIT']],
      });
      expect(outcomeOf(await attemptOnce(create, armTo(peer, { content: rule })))).toBe('ok');
    });

    it('is found anywhere in a long body, but by a pattern in its first 64 KiB alone', async () => {
      const peer = await startPeer(answering(responseOf(`${'x'.repeat(3_000_000)}needle`), 'closes'));
      const [text, pattern] = [body({ contains: ['needle'] }), body({ matches: ['needle'] })];
      const outcomes = [];
      for (const content of [text, pattern]) {
        const record = await attemptOnce(create, armTo(peer, { content: compileContent(content) }));
        outcomes.push(outcomeOf(record));
      }
      expect(outcomes).toEqual(['ok', 'unexpected-content']);
    });

    it('is that of the response proper, not of the one that asks for credentials', async () => {
      const peer = await startPeer(asking((socket) => socket.end(OK)));
      const content = compileContent({ bytes: { from: 5, to: 5 }, ...body({ contains: ['hello'] }) });
      expect(OK).toMatch(/\r\n\r\nhello$/);
      const records = await attempt(create, authArmTo(peer, walletOf(), { content }), times(3));
      expect(countOutcomes(records)).toEqual({ ok: 3 });
    });

    it('says nothing of a status that is wrong by itself, or of a response that is not whole', async () => {
      const content = compileContent(body({ contains: ['hello'] }));
      const wrong = await startPeer(answering(responseOf('no', '503 Busy'), 'closes'));
      const expected = { kind: 'status', statuses: [200] } as const;
      expect(outcomeOf(await attemptOnce(create, armTo(wrong, { content })), expected)).toBe(
        'unexpected-status',
      );
      const cut = await startPeer({
        request: (s) => s.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhel'),
      });
      expect(outcomeOf(await attemptOnce(create, armTo(cut, { content })), expected)).toBe(
        'response-truncated',
      );
    });

    it('is kept apart by connection, in places used again and again', async () => {
      let turn = 0;
      const peer = await startPeer({
        request(socket) {
          turn += 1;
          socket.end(responseOf(turn % 3 === 0 ? 'blocked' : 'welcome'));
        },
      });
      const content = compileContent(body({ contains: ['welcome'] }));
      const plan = { arms: [armTo(peer, { content })], starts: times(120), concurrency: 6, maxOpen: 6 };
      const { records } = await driveSoundly(create, plan);
      expect(countOutcomes(records)).toEqual({ ok: 80, 'unexpected-content': 40 });
    });
  });
}
