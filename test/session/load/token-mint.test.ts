import { describe, expect, it } from 'vitest';
import { KerberosFault } from '../../../src/engine/auth/fault.ts';
import { type Identity, keytabIdentity, TICKET_CACHE } from '../../../src/engine/auth/identity.ts';
import type { MintedToken } from '../../../src/engine/auth/minter.ts';
import { TokenMint } from '../../../src/session/load/token-mint.ts';
import type { ToWorker } from '../../../src/worker/protocol.ts';

type Sent = readonly [shard: number, tokens: readonly string[]];

/** A mint whose tokens say by whom they were made; `broken` names who gets none. */
function mintOf(identities: readonly Identity[]) {
  const broken = new Set<string>();
  const calls: string[] = [];
  const sent: Sent[] = [];
  const warnings: string[] = [];
  const clock = { ms: 0 };
  const minter = {
    mint({ name }: Identity): Promise<MintedToken> {
      calls.push(name);
      return broken.has(name)
        ? Promise.reject(new KerberosFault('kdc-unreachable', 'Cannot contact any KDC'))
        : Promise.resolve({
            fieldValue: `Negotiate ${name} ${calls.length}`,
            mintedAtMs: clock.ms,
            tookUs: 150,
          });
    },
  };
  const arms = [{ index: 2, name: 'stress', service: 'HTTP@proxy.example', identities }];
  const mint = new TokenMint({
    arms,
    minter,
    warn: (message) => warnings.push(message),
    clock: () => clock.ms,
  });
  const send = (shard: number, message: ToWorker): void => {
    if (message.kind === 'tokens') sent.push([shard, message.tokens]);
  };
  const want = (shard: number, count: number): void => mint.want(shard, 2, count, send);
  const tokensOf = (shard: number): string[] =>
    sent.flatMap(([one, tokens]) => (one === shard ? tokens : []));
  return { mint, want, sent, tokensOf, broken, calls, warnings, clock };
}

const pupils = [1, 2, 3].map((n) => keytabIdentity('/etc/pupils.keytab', `pupil${n}@EXAMPLE.ORG`));

describe('the mint', () => {
  it('makes for each shard exactly as many as it wants, in turns', async () => {
    const { mint, want, sent, tokensOf } = mintOf([TICKET_CACHE]);
    want(0, 40);
    want(1, 20);
    want(0, 2);
    await mint.served(1_000);
    expect([tokensOf(0).length, tokensOf(1).length]).toEqual([42, 20]);
    expect(new Set([...tokensOf(0), ...tokensOf(1)]).size).toBe(62);
    expect(sent.map(([shard]) => shard).slice(0, 3)).toEqual([0, 1, 0]);
  });

  it('counts what it makes and how long each took, once', async () => {
    const { mint, want } = mintOf([TICKET_CACHE]);
    want(0, 5);
    await mint.served(1_000);
    const taken = mint.take();
    expect(taken?.counts).toEqual({ stress: { minted: 5, discarded: 0, failures: {} } });
    expect(taken?.histograms.get('stress.mint')?.totalCount).toBe(5);
    expect(taken?.histograms.get('stress.mint')?.maxValue).toBe(150);
    expect(mint.take()).toBeUndefined();
  });

  it('plays the principals in turn', async () => {
    const { mint, want, calls } = mintOf(pupils);
    want(0, 7);
    await mint.served(1_000);
    expect(calls.map((name) => name.slice(0, 6))).toEqual([
      ...['pupil1', 'pupil2', 'pupil3', 'pupil1', 'pupil2', 'pupil3', 'pupil1'],
    ]);
  });

  it('leaves out who gets no token, says so once, and goes on with the others', async () => {
    const { mint, want, broken, warnings, tokensOf } = mintOf(pupils);
    broken.add('pupil2@EXAMPLE.ORG');
    want(0, 30);
    await mint.served(1_000);
    expect(tokensOf(0)).toHaveLength(30);
    expect(tokensOf(0).some((token) => token.includes('pupil2'))).toBe(false);
    expect(mint.take()?.counts['stress']?.failures['kdc-unreachable']).toBeGreaterThan(0);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/^arm stress: no KDC answers \(Cannot contact any KDC\)/);
    expect(warnings[0]).toContain('kinit -k -t /etc/pupils.keytab pupil2@EXAMPLE.ORG');
  });

  it('asks a KDC in trouble once a second and not more, and goes on as soon as it answers', async () => {
    const { mint, want, broken, calls, clock, tokensOf } = mintOf([TICKET_CACHE]);
    broken.add(TICKET_CACHE.name);
    want(0, 4);
    await mint.served(50);
    expect(calls).toHaveLength(4);
    await mint.served(50);
    expect(calls).toHaveLength(4);
    clock.ms += 1_000;
    broken.clear();
    await mint.served(2_000);
    expect(tokensOf(0)).toHaveLength(4);
  });

  it('ends at once when closed, whatever is still wanted', async () => {
    const { mint, want, broken, calls } = mintOf([TICKET_CACHE]);
    broken.add(TICKET_CACHE.name);
    want(0, 1_000);
    await mint.served(20);
    const before = calls.length;
    await mint.close();
    want(0, 5);
    expect(calls).toHaveLength(before);
  });
});
