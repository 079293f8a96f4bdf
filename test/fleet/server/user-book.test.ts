import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nkeys } from '@nats-io/transport-node';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { UserBook } from '../../../src/fleet/server/user-book.ts';
import { ChangeSeal, type SignedChange, type UserState } from '../../../src/fleet/server/user-change.ts';
import { readUsers, writeUsers } from '../../../src/fleet/server/users.ts';

const NOW_MS = 1_750_000_000_000;
const newSeed = (): string => new TextDecoder().decode(nkeys.createUser().getSeed());
const newKey = (): string => nkeys.createUser().getPublicKey();

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'rushhour-users-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

const seal = new ChangeSeal(newSeed());
const bookIn = (name: string, by = seal): UserBook => {
  mkdirSync(join(dir, name, 'credentials'), { recursive: true });
  return new UserBook(join(dir, name), by, () => NOW_MS);
};
const signed = (version: number, state: UserState, probe = 'a', by = seal): SignedChange =>
  by.sign({ v: 1, probe, version, atMs: NOW_MS, state });
const enrolled = (publicKey: string): UserState => ({ kind: 'enrolled', publicKey });
const REVOKED: UserState = { kind: 'revoked' };

it('comes to the same users, in whatever order changes are heard, and however often', async () => {
  const [first, second] = [newKey(), newKey()];
  const token: UserState = { kind: 'expected', publicKey: newKey(), expiresAtMs: NOW_MS + 1_000 };
  const changes = [
    ...[signed(1, enrolled(first)), signed(2, REVOKED), signed(3, token), signed(4, enrolled(second))],
    ...[signed(1, token, 'b'), signed(2, enrolled(first), 'constructor'), signed(3, REVOKED, 'constructor')],
  ];
  const digests = new Set<string>();
  for (let turn = 0; turn < changes.length; turn += 1) {
    const book = bookIn(`turned-${turn}`);
    const turned = [...changes.slice(turn), ...changes.slice(0, turn)];
    for (const change of [...turned, ...turned.reverse()]) await book.merge([change]);
    const { probes, tokens } = await book.read();
    expect(probes).toEqual([{ id: 'a', publicKey: second }]);
    expect(tokens).toEqual([{ id: 'b', publicKey: token.publicKey, expiresAtMs: NOW_MS + 1_000 }]);
    digests.add(await book.digest());
  }
  expect(digests.size).toBe(1);
});

it('lets a revocation win over what was made at the same time on another server', async () => {
  const key = newKey();
  for (const order of [
    [signed(2, enrolled(key)), signed(2, REVOKED)],
    [signed(2, REVOKED), signed(2, enrolled(key))],
  ]) {
    const book = bookIn('one');
    await book.merge(order);
    expect((await book.read()).probes).toEqual([]);
  }
});

it('takes nothing that is older, forged, changed on the way, or none', async () => {
  const book = bookIn('one');
  const key = newKey();
  await book.merge([signed(5, REVOKED), signed(1, enrolled(key), 'b')]);
  const before = await book.digest();
  const other = new ChangeSeal(newSeed());
  const genuine = signed(9, enrolled(key));
  const { news, isForeign } = await book.merge([
    signed(4, enrolled(key)),
    signed(6, enrolled(key), 'a', other),
    { ...genuine, text: genuine.text.replace('"version":9', '"version":8') },
    { text: '{}', signature: genuine.signature },
    seal.sign({ v: 1, probe: '../x', version: 9, atMs: 1, state: REVOKED }),
    seal.sign({ v: 2, probe: 'b', version: 9, atMs: 1, state: REVOKED } as never),
  ]);
  expect([news, isForeign]).toEqual([[], true]);
  expect(await book.digest()).toBe(before);
  expect((await book.read()).probes).toEqual([{ id: 'b', publicKey: key }]);
});

it('removes the credentials that were made here once they are not good any more', async () => {
  const book = bookIn('one');
  const seed = newSeed();
  const key = nkeys.fromSeed(new TextEncoder().encode(seed)).getPublicKey();
  const file = join(dir, 'one/credentials/a.json');
  const servers = ['tls://127.0.0.1:4222'];
  const write = () =>
    writeFileSync(
      file,
      JSON.stringify({ schema: 1, role: { kind: 'probe', id: 'a' }, servers, seed, ca: 'x' }),
    );
  write();
  await book.merge([signed(1, enrolled(key))]);
  expect(existsSync(file)).toBe(true);
  await book.merge([signed(2, REVOKED)]);
  expect(existsSync(file)).toBe(false);
  write();
  // It has not heard of the revocation between.
  await book.merge([signed(4, enrolled(newKey()))]);
  expect(existsSync(file)).toBe(false);
});

it('counts on from what is known, keeps users that were there before, and no secret', async () => {
  const book = bookIn('one');
  const before = { id: 'old', publicKey: newKey() };
  await writeUsers(join(dir, 'one'), { schema: 1, probes: [before], tokens: [], changes: {} });
  await book.merge([signed(7, REVOKED)]);
  const made = await book.make('a', enrolled(newKey()));
  expect(JSON.parse(made.text)).toMatchObject({ version: 8, atMs: NOW_MS });
  const { probes } = await readUsers(join(dir, 'one'));
  expect(probes.map(({ id }) => id)).toEqual(['old', 'a']);
  expect(readFileSync(join(dir, 'one/users.json'), 'utf8')).not.toMatch(/\bSU[A-Z2-7]{56}\b/);
  expect(await book.changesOf(['a', 'old', 'constructor'])).toEqual([made]);
});

it('is read page by page', async () => {
  const book = bookIn('one');
  const ids = Array.from({ length: 401 }, (_, index) => `p${String(index).padStart(3, '0')}`);
  await book.merge(ids.map((id) => signed(1, REVOKED, id)));
  const first = await book.pageAfter('');
  expect([first.changes.length, first.isLast]).toEqual([400, false]);
  const rest = await book.pageAfter('p399');
  expect(rest).toEqual({
    changes: [expect.objectContaining({ text: expect.stringContaining('p400') })],
    isLast: true,
  });
});

it('is signed as NATS signs with the same key', () => {
  const seed = newSeed();
  const { text, signature } = signed(1, REVOKED, 'a', new ChangeSeal(seed));
  const pair = nkeys.fromSeed(new TextEncoder().encode(seed));
  const bytes = new TextEncoder().encode(`rushhour user change\n${text}`);
  expect(Buffer.from(pair.sign(bytes)).toString('base64')).toBe(signature);
});
