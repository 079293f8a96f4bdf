import { describe, expect, it } from 'vitest';
import type { AttemptRecord, CreateEngine } from '../../src/engine/types.ts';
import { countAnswers } from '../../src/metrics/answers.ts';
import { createAgeBins } from '../../src/metrics/reuse-bins.ts';
import { SeriesCounter } from '../../src/metrics/series-counter.ts';
import { armTo } from '../support/arms.ts';
import { answering, type Behaviour, responseOf, startPeer } from '../support/servers.ts';
import { attempt, times } from './attempts.ts';
import { asking, authArmTo, CHALLENGE, OK, walletOf } from './credentials.ts';

/** Answers by status, as a frame has them, of records as an engine gave them. */
export function statusesOf(records: readonly AttemptRecord[]) {
  const series = new SeriesCounter('arm', [], createAgeBins());
  for (const record of records) countAnswers(series, record);
  const { statuses = {}, tunnelStatuses = {} } = series.takeCounts() ?? {};
  return { statuses, tunnelStatuses };
}

/** What answers are counted under, whatever became of the attempt. */
export function describeAnswers(create: CreateEngine): void {
  describe('answers', () => {
    const PLAIN: readonly (readonly [string, Behaviour, Record<string, number>])[] = [
      ['that are as expected', answering(responseOf('hello'), 'closes'), { '200': 3 }],
      ['that are not', answering(responseOf('no', '503 Busy'), 'closes'), { '503': 3 }],
      [
        'that are cut short',
        { request: (s) => s.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhel') },
        { '200': 3 },
      ],
      [
        'that are cut short in their head',
        { request: (s) => s.end('HTTP/1.1 302 Found\r\nLoc') },
        { '302': 3 },
      ],
      [
        'after interim ones',
        answering(`HTTP/1.1 103 Early\r\n\r\n${responseOf('')}`, 'closes'),
        { '200': 3 },
      ],
      [
        'of which only an interim one came',
        { request: (s) => s.end('HTTP/1.1 100 Continue\r\nA: b\r\n') },
        {},
      ],
      ['of a status that is none', answering(responseOf('', '999 Denied'), 'closes'), { other: 3 }],
      ['that are none', { request: (s) => s.end('SSH-2.0-x\r\n') }, {}],
      ['that never come', { request: (s) => s.resetAndDestroy() }, {}],
    ];
    it.each(PLAIN)('count by status: those %s', async (_what, behaviour, statuses) => {
      const peer = await startPeer(behaviour);
      const records = await attempt(create, armTo(peer), times(3));
      expect(statusesOf(records)).toEqual({ statuses, tunnelStatuses: {} });
    });

    it('name the error of the proxy that sent them, in one piece or several', async () => {
      const head = 'HTTP/1.1 503 No\r\nX-Squid-Error: ERR_CONNECT_FAIL 111\r\nContent-Length: 2\r\n\r\n';
      const namesOf = async (behaviour: Behaviour): Promise<string[]> =>
        (await attempt(create, armTo(await startPeer(behaviour)), times(2))).map(
          ({ errorName }) => errorName,
        );
      expect(await namesOf(answering(`${head}no`, 'closes'))).toEqual(
        Array(2).fill('Squid: ERR_CONNECT_FAIL'),
      );
      const slowly: Behaviour = {
        request(socket) {
          socket.write(head.slice(0, 7));
          setTimeout(() => socket.end(`${head.slice(7)}no`), 20);
        },
      };
      expect(await namesOf(slowly)).toEqual(Array(2).fill('Squid: ERR_CONNECT_FAIL'));
      const fine = 'HTTP/1.1 200 OK\r\nVia: 1.1 x\r\nContent-Length: 0\r\n\r\n';
      expect(await namesOf(answering(fine, 'closes'))).toEqual(['', '']);
    });

    const ASKED: readonly (readonly [string, Behaviour, Record<string, number>])[] = [
      ['and what follows it', asking((socket) => socket.end(OK)), { '407': 3, '200': 3 }],
      ['and one that refuses the credentials', answering(CHALLENGE, 'stays'), { '407': 6 }],
      ['where nothing follows', asking((socket) => socket.end()), { '407': 3 }],
      ['where nothing follows in time', asking(() => {}), { '407': 3 }],
      [
        'where half a head follows',
        asking((socket) => socket.end('HTTP/1.1 502 Bad\r\n')),
        { '407': 3, '502': 3 },
      ],
      ['after which it closes', answering(CHALLENGE, 'closes'), { '407': 3 }],
      [
        'in another scheme',
        answering(responseOf('', '407 No', 'Proxy-Authenticate: NTLM\r\n'), 'stays'),
        { '407': 3 },
      ],
    ];
    it.each(ASKED)('count one that asks for credentials %s', async (_what, behaviour, statuses) => {
      const peer = await startPeer(behaviour);
      const arm = authArmTo(peer, walletOf(), { responseTimeoutUs: 300_000 });
      expect(statusesOf(await attempt(create, arm, times(3)))).toEqual({ statuses, tunnelStatuses: {} });
    });

    it('count one that asks once where no credentials are at hand', async () => {
      const peer = await startPeer(answering(CHALLENGE, 'stays'));
      const arm = authArmTo(peer, walletOf({ credentials: () => undefined }));
      expect(statusesOf(await attempt(create, arm, times(3))).statuses).toEqual({ '407': 3 });
    });
  });
}
