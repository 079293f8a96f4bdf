import { afterEach, describe, expect, it } from 'vitest';
import { keytabIdentity, TICKET_CACHE } from '../../../src/engine/auth/identity.ts';
import type { Kerberos } from '../../../src/engine/auth/kerberos.ts';
import { limitInFlight, Minter } from '../../../src/engine/auth/minter.ts';

const SERVICE = 'HTTP@proxy.example';
const [first, second] = ['pupil1', 'pupil2'].map((name) =>
  keytabIdentity('/etc/pupils.keytab', `${name}@EXAMPLE.ORG`),
) as [ReturnType<typeof keytabIdentity>, ReturnType<typeof keytabIdentity>];

/** Kerberos that notes what the environment says when it is asked, and answers a turn of the loop later. */
function fakeKerberos(fails: (mechOID: number) => string | undefined = () => undefined) {
  const seen: { cache: string | undefined; keytab: string | undefined; principal: string | undefined }[] = [];
  let running = 0;
  let most = 0;
  let made = 0;
  const kerberos: Kerberos = {
    GSS_MECH_OID_KRB5: 9,
    GSS_MECH_OID_SPNEGO: 6,
    async initializeClient(_service, { mechOID, principal }) {
      running += 1;
      most = Math.max(most, running);
      const { KRB5CCNAME: cache, KRB5_CLIENT_KTNAME: keytab } = process.env;
      seen.push({ cache, keytab, principal });
      return {
        async step() {
          await new Promise((resolve) => setImmediate(resolve));
          if (process.env['KRB5CCNAME'] !== cache) throw new Error('the environment changed under way');
          running -= 1;
          const fault = fails(mechOID);
          if (fault !== undefined) throw new Error(fault);
          made += 1;
          return `TOKEN${made}`;
        },
      };
    },
  };
  return { kerberos, seen, mostAtOnce: () => most };
}

afterEach(() => {
  delete process.env['KRB5CCNAME'];
  delete process.env['KRB5_CLIENT_KTNAME'];
});

describe('the minter', () => {
  it('makes so many at once and no more', async () => {
    const { kerberos, mostAtOnce } = fakeKerberos();
    const minter = new Minter(kerberos, () => 5, 3);
    const tokens = await Promise.all(Array.from({ length: 10 }, () => minter.mint(TICKET_CACHE, SERVICE)));
    expect(new Set(tokens.map(({ fieldValue }) => fieldValue)).size).toBe(10);
    expect(tokens[0]).toEqual({ fieldValue: 'Negotiate TOKEN1', mintedAtMs: 5, tookUs: 0 });
    expect(mostAtOnce()).toBe(3);
  });

  it('never changes the environment while a token is being made, and puts it back', async () => {
    process.env['KRB5CCNAME'] = 'FILE:/tmp/mine';
    const { kerberos, seen } = fakeKerberos();
    const minter = new Minter(kerberos, () => 0, 16);
    const turns = [first, second, TICKET_CACHE];
    await Promise.all(Array.from({ length: 30 }, (_, n) => minter.mint(turns[n % 3]!, SERVICE)));
    await minter.close();
    expect(seen).toHaveLength(30);
    expect(new Set(seen.map(({ cache }) => cache))).toEqual(
      new Set([
        'MEMORY:rushhour /etc/pupils.keytab pupil1@EXAMPLE.ORG 0',
        'MEMORY:rushhour /etc/pupils.keytab pupil2@EXAMPLE.ORG 0',
        'FILE:/tmp/mine',
      ]),
    );
    expect(new Set(seen.map(({ keytab }) => keytab))).toEqual(
      new Set(['FILE:/etc/pupils.keytab', undefined]),
    );
    expect(process.env['KRB5CCNAME']).toBe('FILE:/tmp/mine');
    expect(process.env['KRB5_CLIENT_KTNAME']).toBeUndefined();
  });

  it('names the principal until its cache is filled', async () => {
    const { kerberos, seen } = fakeKerberos();
    const minter = new Minter(kerberos, () => 0, 16);
    await Promise.all([1, 2, 3].map(() => minter.mint(first, SERVICE)));
    expect(seen.map(({ principal }) => principal)).toEqual(['pupil1@EXAMPLE.ORG', undefined, undefined]);
  });

  it('asks Kerberos itself where SPNEGO does not say why', async () => {
    const { kerberos } = fakeKerberos((mechOID) =>
      mechOID === 6
        ? 'No credentials were supplied, or the credentials were unavailable or inaccessible: SPNEGO cannot find mechanisms to negotiate'
        : 'No credentials were supplied, or the credentials were unavailable or inaccessible: No Kerberos credentials available (default cache: FILE:/tmp/x)',
    );
    const minter = new Minter(kerberos, () => 0, 16);
    await expect(minter.mint(TICKET_CACHE, SERVICE)).rejects.toMatchObject({
      kind: 'no-ticket',
      message: 'No Kerberos credentials available (default cache: FILE:/tmp/x)',
    });
  });

  it('begins with an empty cache again once the ticket of a keytab could not be renewed', async () => {
    let isExpired = false;
    const { kerberos, seen } = fakeKerberos(() =>
      isExpired ? 'x more information: Ticket expired' : undefined,
    );
    const minter = new Minter(kerberos, () => 0, 16);
    await minter.mint(first, SERVICE);
    isExpired = true;
    await expect(minter.mint(first, SERVICE)).rejects.toMatchObject({ kind: 'ticket-expired' });
    isExpired = false;
    await minter.mint(first, SERVICE);
    expect(seen.map(({ cache, principal }) => [cache?.split(' ').at(-1), principal])).toEqual([
      ['0', 'pupil1@EXAMPLE.ORG'],
      ['0', undefined],
      ['1', 'pupil1@EXAMPLE.ORG'],
    ]);
  });

  it('refuses at once what waits for the same as what has failed', async () => {
    const { kerberos, seen } = fakeKerberos(
      () =>
        "Unspecified GSS failure.  Minor code may provide more information: Cannot contact any KDC for realm 'A'",
    );
    const minter = new Minter(kerberos, () => 0, 1);
    const ends = await Promise.allSettled([1, 2, 3].map(() => minter.mint(TICKET_CACHE, SERVICE)));
    expect(ends.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(seen).toHaveLength(1);
  });

  it('closes only once nothing is being made any more', async () => {
    const { kerberos } = fakeKerberos();
    const minter = new Minter(kerberos, () => 0, 2);
    const order: string[] = [];
    void minter.mint(TICKET_CACHE, SERVICE).then(() => order.push('made'));
    await minter.close().then(() => order.push('closed'));
    expect(order).toEqual(['made', 'closed']);
  });
});

describe('how many are made at once', () => {
  it.each([
    [undefined, 2],
    ['20', 16],
    ['6', 4],
    ['1', 1],
    ['nonsense', 2],
  ])('with UV_THREADPOOL_SIZE %s: %d', (size, limit) => {
    expect(limitInFlight({ UV_THREADPOOL_SIZE: size })).toBe(limit);
  });
});
