import type { Msg, NatsConnection } from '@nats-io/transport-node';
import * as z from 'zod';
import { hasMajority, type Reach } from '../enrolment.ts';
import { readMessage } from '../messages.ts';
import { PROBE_ID, PROTOCOL, SUBJECTS } from '../protocol.ts';
import { CHANGES_PER_PAGE, type UserBook } from './user-book.ts';
import { readChange, type SignedChange, signedChange, type UserChange } from './user-change.ts';

/** nats-server reads its configuration again meanwhile. */
const ANSWER_WITHIN_MS = 8_000;
/** Once most servers know of a change, the others have so much longer: one that was cut off hears of it later. */
const OTHERS_WITHIN_MS = 2_000;
const ASK_WITHIN_MS = 3_000;

const server = z.string().min(1).max(255);
const changes = z.array(signedChange).max(CHANGES_PER_PAGE);

const peerRequest = z.discriminatedUnion('kind', [
  /** These users have changed. */
  z.strictObject({ v: z.literal(PROTOCOL), kind: z.literal('tell'), from: server, changes: changes.min(1) }),
  /** What of the users whose ids come after this one is not known to somebody who knows so much? */
  z.strictObject({
    ...{ v: z.literal(PROTOCOL), kind: z.literal('ask'), from: server },
    digest: z.string().regex(/^[0-9a-f]{64}$/),
    after: z.string().regex(PROBE_ID).or(z.literal('')),
  }),
]);
type PeerRequest = z.output<typeof peerRequest>;

/** What a server knows: of the users that it was told of, or from a page on. */
const peerAnswer = z.strictObject({ v: z.literal(PROTOCOL), from: server, changes, isLast: z.boolean() });
type PeerAnswer = z.output<typeof peerAnswer>;

export interface PeersOptions {
  /** Names of this server and of the others of its cluster. */
  readonly own: string;
  readonly others: readonly string[];
  readonly book: UserBook;
  /** Takes what was told, one after the other with all else that changes the users, and lets nats-server know. */
  take(changes: readonly SignedChange[], from: string): Promise<readonly UserChange[]>;
}

/** The programs that run the other servers of a cluster, which have to know the same users. */
export class Peers {
  readonly #options: PeersOptions;

  constructor(options: PeersOptions) {
    this.#options = options;
  }

  /** Answers the others. */
  attend(connection: NatsConnection): void {
    connection.subscribe(SUBJECTS.cluster(this.#options.own), {
      callback: (error, message) => {
        if (error === null) void this.#answer(message).catch(() => {});
      },
    });
  }

  /**
   * Tells the others of a change, and waits until each has told its nats-server, or has had the time for it. One that is
   * known to be away is not waited for.
   * @returns which did not answer, or do not know it; undefined if one knows of a newer change, which has been taken
   */
  async tell(connection: NatsConnection, change: SignedChange): Promise<Reach | undefined> {
    const { own, others, take } = this.#options;
    const request: PeerRequest = { v: PROTOCOL, kind: 'tell', from: own, changes: [change] };
    const isKnown = ({ changes: told }: PeerAnswer): boolean => told.some(({ text }) => text === change.text);
    const reachOf = (answers: readonly PeerAnswer[]): Reach => {
      const names = answers.filter(isKnown).map(({ from }) => from);
      return { servers: others.length + 1, missing: others.filter((name) => !names.includes(name)) };
    };
    const answers = await this.#request(connection, request, ANSWER_WITHIN_MS, (heard) =>
      hasMajority(reachOf(heard)),
    );
    for (const answer of answers) {
      if (isKnown(answer)) continue;
      const newer = await take(answer.changes, answer.from);
      if (newer.length > 0) return undefined;
    }
    return reachOf(answers);
  }

  /** Takes what the others know and this server does not. @returns how many have answered */
  async ask(connection: NatsConnection): Promise<number> {
    const { own, book, take } = this.#options;
    let answered = 0;
    for (let after: string | undefined = ''; after !== undefined; ) {
      const request: PeerRequest = {
        ...{ v: PROTOCOL, kind: 'ask', from: own, after },
        digest: await book.digest(),
      };
      const answers = await this.#request(connection, request, ASK_WITHIN_MS);
      answered = Math.max(answered, answers.length);
      for (const { changes: told, from } of answers) if (told.length > 0) await take(told, from);
      // From where each of them goes on.
      const begun: string = after;
      const ends = answers
        .filter(({ isLast }) => !isLast)
        .flatMap(({ changes: told }) => readChange(told.at(-1) ?? { text: '', signature: '' })?.probe ?? []);
      after = ends.filter((end) => end > begun).sort()[0];
    }
    return answered;
  }

  /**
   * What each of the others answers, once; those that do not answer in time are left out. Where nobody listens, as after
   * a server has ended, the one that is asked says so at once.
   * @param isEnough whether the rest is waited for no longer than a while
   */
  async #request(
    connection: NatsConnection,
    request: PeerRequest,
    timeout: number,
    isEnough: (heard: readonly PeerAnswer[]) => boolean = () => false,
  ): Promise<PeerAnswer[]> {
    const body = JSON.stringify(request);
    const heard: PeerAnswer[] = [];
    let timer: NodeJS.Timeout | undefined;
    const over = new Promise<void>((resolve) => {
      const note = (answer: PeerAnswer): void => {
        heard.push(answer);
        if (timer === undefined && isEnough(heard)) timer = setTimeout(resolve, OTHERS_WITHIN_MS);
      };
      const asked = this.#options.others.map(async (name) => {
        // Nobody is there, or the connection is away: what is heard of others counts.
        const message = await connection
          .request(SUBJECTS.cluster(name), body, { timeout })
          .catch(() => undefined);
        const answer = message && readMessage(peerAnswer, message.data);
        if (answer?.from === name) note(answer);
      });
      void Promise.all(asked).then(() => resolve());
    });
    await over;
    clearTimeout(timer);
    return [...heard];
  }

  async #answer(message: Msg): Promise<void> {
    const { own, others, book, take } = this.#options;
    const request = readMessage(peerRequest, message.data);
    // This server hears itself as well.
    if (request === undefined || !others.includes(request.from)) return;
    const answer = (known: Pick<PeerAnswer, 'changes' | 'isLast'>): void => {
      message.respond(JSON.stringify({ v: PROTOCOL, from: own, ...known } satisfies PeerAnswer));
    };
    if (request.kind === 'ask') {
      const isSame = request.digest === (await book.digest());
      return answer(isSame ? { changes: [], isLast: true } : await book.pageAfter(request.after));
    }
    await take(request.changes, request.from);
    const ids = request.changes.flatMap((each) => readChange(each)?.probe ?? []);
    answer({ changes: await book.changesOf(ids), isLast: true });
  }
}
