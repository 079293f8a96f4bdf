import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Summary } from '../../src/analysis/types.ts';
import { type HAProxy, startHAProxy } from '../peers/haproxy.ts';
import { suiteNeeding } from '../support/suite-needing.ts';
import { makeWorkplace, type Workplace } from './rushhour.ts';

suiteNeeding('a HAProxy that asks for credentials', ['linux', 'haproxy'], () => {
  let asOrigin: HAProxy;
  let asProxy: HAProxy;
  let place: Workplace;
  beforeAll(async () => {
    [asOrigin, asProxy] = await Promise.all([
      startHAProxy('ada', 'geheim'),
      startHAProxy('ada', 'geheim', true),
    ]);
    place = makeWorkplace();
  });
  afterAll(async () => {
    await asOrigin.stop();
    await asProxy.stop();
    await place.clean();
  });

  const hit = (proxy: HAProxy, ...flags: string[]): Promise<Summary> =>
    place.measure([
      ...['hit', 'http://127.0.0.77/', '-x', `127.0.0.1:${proxy.port}`, '-n', '10', '-c', '2', ...flags],
    ]);

  it.each([
    ['a request', [], 'statuses', '-u (auth.to: origin)'],
    ['CONNECT', ['-p'], 'tunnelStatuses', 'option http-use-proxy-header'],
  ] as const)('asks by 401 as an origin does, and a run says what helps: %s', async (_what, flags, key, advice) => {
    const { arms, findings } = await hit(asOrigin, '-U', 'ada:geheim', ...flags);
    expect(arms['hit']).toMatchObject({ [key]: { '401': 10 }, completed: 0 });
    expect(findings).toMatchObject([
      { kind: 'asked-as-origin', arm: 'hit', count: 10, text: expect.stringContaining(advice) },
    ]);
  });

  it('lets in who does so', async () => {
    const { arms, findings } = await hit(asOrigin, '-u', 'ada:geheim');
    expect([arms['hit']?.outcomes, findings]).toEqual([{ ok: 10 }, []]);
  });

  it('asks by 407 where it is told to be a proxy', async () => {
    const { arms, findings } = await hit(asProxy, '-U', 'ada:geheim', '--challenge');
    expect(arms['hit']).toMatchObject({ outcomes: { ok: 10 }, statuses: { '200': 10, '407': 10 } });
    expect(findings).toEqual([]);
  });
});
