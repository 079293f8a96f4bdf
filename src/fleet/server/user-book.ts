import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { nkeys } from '@nats-io/transport-node';
import { readCredentials } from '../credentials.ts';
import { credentialsFileOf } from './fleet-folder.ts';
import { type ChangeSeal, isNewer, readChange, type SignedChange, type UserChange } from './user-change.ts';
import { changeOf, readUsers, type Users, writeUsers } from './users.ts';

/** Of changes that are asked for; each has about 400 bytes. */
export const CHANGES_PER_PAGE = 400;

/**
 * Who may connect, in a folder, and the last change of each user that was made since there are changes. Whatever calls
 * this does so one after the other.
 */
export class UserBook {
  readonly #dir: string;
  readonly #seal: ChangeSeal;
  readonly #now: () => number;

  constructor(dir: string, seal: ChangeSeal, now: () => number) {
    this.#dir = dir;
    this.#seal = seal;
    this.#now = now;
  }

  read(): Promise<Users> {
    return readUsers(this.#dir);
  }

  /** Makes a change here. */
  async make(probe: string, state: UserChange['state']): Promise<SignedChange> {
    const users = await this.read();
    const version = (changeOf(users, probe)?.version ?? 0) + 1;
    const change: UserChange = { v: 1, probe, version, atMs: this.#now(), state };
    const signed = this.#seal.sign(change);
    await this.#apply(users, [{ change, signed }]);
    return signed;
  }

  /**
   * Takes what another server tells, as far as it is newer than what is known here.
   * @returns what was new, and whether some of it was not signed with the key of this server
   */
  async merge(
    told: readonly SignedChange[],
  ): Promise<{ readonly news: readonly UserChange[]; readonly isForeign: boolean }> {
    const users = await this.read();
    const news = new Map<string, { change: UserChange; signed: SignedChange }>();
    let isForeign = false;
    for (const signed of told) {
      const change = readChange(signed);
      if (change === undefined) continue;
      const known = news.get(change.probe)?.change ?? changeOf(users, change.probe);
      if (known !== undefined && !isNewer(change, known)) continue;
      if (this.#seal.isGenuine(signed)) news.set(change.probe, { change, signed });
      else isForeign = true;
    }
    if (news.size > 0) await this.#apply(users, [...news.values()]);
    return { news: [...news.values()].map(({ change }) => change), isForeign };
  }

  /** The last changes of these users, as far as there are any. */
  async changesOf(probes: readonly string[]): Promise<SignedChange[]> {
    const { changes } = await this.read();
    return probes.flatMap((probe) => (Object.hasOwn(changes, probe) ? changes[probe]! : []));
  }

  /** The last changes of users, by id, that come after this one. */
  async pageAfter(probe: string): Promise<{ readonly changes: SignedChange[]; readonly isLast: boolean }> {
    const { changes } = await this.read();
    const ids = Object.keys(changes)
      .filter((id) => id > probe)
      .sort();
    const page = ids.slice(0, CHANGES_PER_PAGE);
    return { changes: page.map((id) => changes[id]!), isLast: page.length === ids.length };
  }

  /** The same for two servers that know the same changes; hexadecimal. */
  async digest(): Promise<string> {
    const { changes } = await this.read();
    const hash = createHash('sha256');
    for (const id of Object.keys(changes).sort()) hash.update(`${changes[id]!.text}\n`);
    return hash.digest('hex');
  }

  async #apply(
    users: Users,
    all: readonly { readonly change: UserChange; readonly signed: SignedChange }[],
  ): Promise<void> {
    const ids = new Set(all.map(({ change }) => change.probe));
    const probes = users.probes.filter(({ id }) => !ids.has(id));
    const tokens = users.tokens.filter(({ id }) => !ids.has(id));
    for (const { probe: id, state } of all.map(({ change }) => change)) {
      if (state.kind === 'enrolled') probes.push({ id, publicKey: state.publicKey });
      const token = state.kind === 'expected' ? state : state.kind === 'enrolled' ? state.token : undefined;
      if (token !== undefined && token.expiresAtMs > this.#now()) {
        const { publicKey, expiresAtMs } = token;
        tokens.push({
          ...{ id, publicKey, expiresAtMs },
          ...(state.kind === 'enrolled' && { usedBy: state.publicKey }),
        });
      }
      // First the file: a probe of which only that is left would come back.
      if (state.kind !== 'enrolled' || (await this.#keyInFile(id)) !== state.publicKey)
        await rm(credentialsFileOf(this.#dir, id), { force: true });
    }
    const changes = Object.fromEntries(all.map(({ change, signed }) => [change.probe, signed]));
    await writeUsers(this.#dir, { ...users, probes, tokens, changes: { ...users.changes, ...changes } });
  }

  async #keyInFile(probe: string): Promise<string | undefined> {
    const found = await readCredentials(credentialsFileOf(this.#dir, probe)).catch(() => undefined);
    return found && nkeys.fromSeed(new TextEncoder().encode(found.seed)).getPublicKey();
  }
}
