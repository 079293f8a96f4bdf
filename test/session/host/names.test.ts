import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { NamesWatch } from '../../../src/session/host/names.ts';

/** A label longer than 63 octets (RFC 1035 section 2.3.4) is refused before anybody is asked. */
const UNASKABLE = `${'x'.repeat(64)}.invalid`;

/** A resolver that answers with what it was given last: an error, or addresses. */
const createResolver = (): {
  asked: string[];
  answers: Map<string, string[] | Error>;
  lookUp: (name: string) => Promise<string[]>;
} => {
  const asked: string[] = [];
  const answers = new Map<string, string[] | Error>();
  const lookUp = async (name: string): Promise<string[]> => {
    asked.push(name);
    const answer = answers.get(name) ?? [];
    if (answer instanceof Error) throw answer;
    return answer;
  };
  return { asked, answers, lookUp };
};

describe('looking names up', () => {
  it('asks for each every 30 seconds, and tells once that one has moved', async () => {
    const { asked, answers, lookUp } = createResolver();
    const watch = new NamesWatch({ lookUp });
    watch.use(
      new Map([
        ['proxy.example', ['192.0.2.1']],
        ['origin.example', ['192.0.2.9']],
      ]),
    );
    answers.set('proxy.example', ['192.0.2.2']);
    answers.set('origin.example', ['192.0.2.9']);
    const told: [number, unknown][] = [];
    for (let second = 0; second <= 150; second += 1) {
      for (const change of watch.check(second)) told.push([second, change]);
      await turn();
    }
    expect(asked).toEqual(new Array(5).fill(['proxy.example', 'origin.example']).flat());
    expect(told).toEqual([
      [61, { what: 'far-end-moved', name: 'proxy.example', from: ['192.0.2.1'], to: ['192.0.2.2'] }],
    ]);
  });

  it('takes a resolver that is down for no move, and tells of it once and when it is back', async () => {
    const { answers, lookUp } = createResolver();
    const watch = new NamesWatch({ lookUp, everySec: 1 });
    watch.use(new Map([['proxy.example', ['192.0.2.1']]]));
    const told: unknown[] = [];
    const pass = async (fromSec: number, toSec: number): Promise<void> => {
      for (let second = fromSec; second < toSec; second += 1) {
        told.push(...watch.check(second));
        await turn();
      }
    };
    answers.set('proxy.example', new Error('queryA ETIMEOUT'));
    await pass(0, 20);
    answers.set('proxy.example', ['192.0.2.1']);
    await pass(20, 40);
    expect(told).toEqual([
      { what: 'resolver-failed', name: 'proxy.example', why: 'queryA ETIMEOUT' },
      { what: 'resolver-back', name: 'proxy.example' },
    ]);
  });

  it('asks nothing more of a resolver that hangs', async () => {
    let asked = 0;
    const watch = new NamesWatch({
      everySec: 1,
      lookUp: () => {
        asked += 1;
        return new Promise(() => {});
      },
    });
    watch.use(
      new Map([
        ['proxy.example', ['192.0.2.1']],
        ['origin.example', ['192.0.2.9']],
      ]),
    );
    for (let second = 0; second < 100; second += 1) expect(watch.check(second)).toEqual([]);
    expect(asked).toBe(1);
  });

  it('asks the system itself', async () => {
    const watch = new NamesWatch({ everySec: 1 });
    watch.use(
      new Map([
        ['localhost', ['127.0.0.1', '::1']],
        [UNASKABLE, ['192.0.2.1']],
      ]),
    );
    const told = [];
    for (let second = 0; told.length === 0 && second < 1_000; second += 1) {
      told.push(...watch.check(second));
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(told).toEqual([
      { what: 'resolver-failed', name: UNASKABLE, why: expect.stringContaining('getaddrinfo') },
    ]);
  });
});
