import type { Msg, NatsConnection } from '@nats-io/transport-node';
import type { Link } from '../connect.ts';
import {
  checkProbeId,
  enrolmentRequest,
  hasMajority,
  type Reach,
  type ServerAnswer,
  type ServerRequest,
  serverRequest,
} from '../enrolment.ts';
import { readMessage } from '../messages.ts';
import { forgetOrders, provideStreams } from '../operator/streams.ts';
import { ANY, PROTOCOL, SUBJECTS } from '../protocol.ts';
import type { FleetFolder } from './fleet-folder.ts';
import type { UserBook } from './user-book.ts';
import type { SignedChange, UserState } from './user-change.ts';
import { changeOf, type Users } from './users.ts';

const QUEUE = 'desk';

const refuse = (why: string): Extract<ServerAnswer, { kind: 'refused' }> => ({
  ...{ v: PROTOCOL, kind: 'refused', why },
});
const NOT_UNDERSTOOD = refuse(
  'it is not a request that this version understands: install the same rushhour on both',
);

/** What is to be done about a request: a change, or an answer. */
type Ruling = { readonly state: UserState } | { readonly answer: ServerAnswer };

/** Notes a token of which only the public half is known here. */
export function expectProbe(
  { probes }: Users,
  { probe, publicKey, lifeMs }: Extract<ServerRequest, { kind: 'enroll' }>,
  nowMs: number,
): Ruling {
  checkProbeId(probe);
  if (probes.some(({ id }) => id === probe)) {
    const why = `${probe} is enrolled already: "rushhour fleet revoke ${probe}" first, if it is to be replaced`;
    return { answer: refuse(why) };
  }
  return { state: { kind: 'expected', publicKey, expiresAtMs: nowMs + lifeMs } };
}

/**
 * Makes a probe of whoever holds a token. Asked again for the same key, as after a lost answer, it has been done.
 * @param key public half of the key that the probe has made
 */
export function admitProbe({ tokens }: Users, probe: string, key: string, nowMs: number): Ruling {
  const token = tokens.find(({ id }) => id === probe);
  if (token === undefined || token.expiresAtMs <= nowMs) return { answer: refuse('the token has expired') };
  const { publicKey, expiresAtMs, usedBy } = token;
  if (usedBy === key) return { answer: { v: PROTOCOL, kind: 'done' } };
  if (usedBy !== undefined)
    return { answer: refuse("the token has been used: if not by this machine's owner, have it revoked") };
  return { state: { kind: 'enrolled', publicKey: key, token: { publicKey, expiresAtMs } } };
}

/** Forgets a probe and its token. One that was forgotten before is forgotten again: a server may not have heard of it. */
export function forgetProbe(users: Users, probe: string): Ruling {
  const isKnown = [...users.probes, ...users.tokens].some(({ id }) => id === probe);
  if (isKnown || changeOf(users, probe)?.state.kind === 'revoked') return { state: { kind: 'revoked' } };
  return { answer: refuse(`no probe ${probe} is enrolled, and no token for one is open`) };
}

/** When a probe was revoked last that has not been enrolled since; undefined: it was not. */
function revokedAt(users: Users, probe: string): number | undefined {
  const change = changeOf(users, probe);
  return change?.state.kind === 'revoked' ? change.atMs : undefined;
}

/** Used tokens are no users any more, and those that nobody has used in time. */
export function withoutTokens(
  users: Users,
  isOver: (token: { expiresAtMs: number; usedBy?: string | undefined }) => boolean,
): Users | undefined {
  const tokens = users.tokens.filter((token) => !isOver(token));
  return tokens.length < users.tokens.length ? { ...users, tokens } : undefined;
}

export interface DeskOptions {
  readonly book: UserBook;
  /** Name of this server. */
  readonly own: string;
  readonly replicas: number;
  readonly now: () => number;
  readonly say: (line: string) => void;
  /** Does this to the users, one after the other, and lets nats-server know. */
  change<T>(act: () => Promise<T>): Promise<T>;
  /** Tells the other servers; `undefined`: this one is alone. `superseded`: another has made a change at the same time. */
  tell(connection: NatsConnection, change: SignedChange): Promise<Reach | 'superseded' | undefined>;
  /** As it is now. */
  folder(): FleetFolder;
}

/** Answers the operator, who enrolls and revokes, and new probes. */
export class Desk {
  readonly #link: Link;
  readonly #options: DeskOptions;

  constructor(link: Link, options: DeskOptions) {
    this.#link = link;
    this.#options = options;
  }

  attend(): void {
    const answer = (subject: string, act: (message: Msg) => Promise<ServerAnswer>): void => {
      this.#link.connection.subscribe(subject, {
        // Of a cluster, one of the servers that are there answers.
        queue: QUEUE,
        callback: (error, message) => {
          if (error !== null) return;
          void act(message)
            .catch((cause: Error): ServerAnswer => {
              this.#options.say(cause.message);
              return refuse(cause.message);
            })
            .then((given) => message.respond(JSON.stringify(given)));
        },
      });
    };
    const { own } = this.#options;
    for (const name of [undefined, own]) {
      answer(SUBJECTS.server(name), (message) => this.#serveOperator(message.data));
      answer(SUBJECTS.enrolment(ANY, name), (message) =>
        // The server lets nobody ask for another probe than that of the token.
        this.#admit(message.subject.split('.')[2] ?? '', message.data),
      );
    }
  }

  async #serveOperator(data: Uint8Array): Promise<ServerAnswer> {
    const { now, say, folder } = this.#options;
    const request = readMessage(serverRequest, data);
    if (request === undefined) return NOT_UNDERSTOOD;
    const { probe } = request;
    let beforeAtMs: number | undefined;
    // Set by the rule, which may be asked later.
    let isReplaced = false as boolean;
    const made = await this.#make(probe, (users) => {
      if (request.kind === 'enroll') {
        isReplaced = users.tokens.some(({ id, expiresAtMs }) => id === probe && expiresAtMs > now());
        return expectProbe(users, request, now());
      }
      beforeAtMs = revokedAt(users, probe);
      return forgetProbe(users, probe);
    });
    if ('answer' in made) return made.answer;
    const told = made.reach === undefined ? {} : { reach: made.reach };
    if (request.kind === 'enroll') {
      say(`a token for ${probe} was made${isReplaced ? ': the one before is void' : ''}`);
      const { servers, ca } = folder();
      return {
        v: PROTOCOL,
        kind: 'expected',
        servers: [...servers],
        ca,
        ...(isReplaced && { replaces: true }),
        ...told,
      };
    }
    say(beforeAtMs === undefined ? `${probe} was revoked` : `${probe} was revoked again`);
    // Only most servers together remove what is stored.
    if (made.reach === undefined || hasMajority(made.reach)) await forgetOrders(this.#link, probe);
    return { v: PROTOCOL, kind: 'done', ...told, ...(beforeAtMs !== undefined && { beforeAtMs }) };
  }

  async #admit(probe: string, data: Uint8Array): Promise<ServerAnswer> {
    const { now, say, book, replicas } = this.#options;
    const request = readMessage(enrolmentRequest, data);
    if (request === undefined) return NOT_UNDERSTOOD;
    const rule = (users: Users): Ruling => admitProbe(users, probe, request.publicKey, now());
    const first = rule(await book.read());
    if ('answer' in first) return first.answer;
    await provideStreams(this.#link, [probe], replicas);
    const made = await this.#make(probe, rule);
    if ('answer' in made) return made.answer;
    say(`${probe} was enrolled`);
    return { v: PROTOCOL, kind: 'done' };
  }

  /** Changes a user here, and tells the others. */
  async #make(
    probe: string,
    rule: (users: Users) => Ruling,
  ): Promise<{ readonly answer: ServerAnswer } | { readonly reach: Reach | undefined }> {
    const { book, change, tell, say } = this.#options;
    const made = await change(async () => {
      const ruling = rule(await book.read());
      return 'answer' in ruling ? ruling : { signed: await book.make(probe, ruling.state) };
    });
    if ('answer' in made) return made;
    // Not in turn: two servers that tell each other at the same time would wait for each other.
    const reach = await tell(this.#link.connection, made.signed);
    if (reach === 'superseded')
      return { answer: refuse(`another change of ${probe} was made at the same time: look, and ask again`) };
    if (reach !== undefined && reach.missing.length > 0)
      say(`of the change of ${probe} not yet told: ${reach.missing.join(', ')}`);
    return { reach };
  }
}
