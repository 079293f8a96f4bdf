/**
 * What goes where between probes, their operators and the NATS server: subjects, streams, consumers and who may use them.
 * The server's permissions, the table in docs/fleet.md and every publish and subscribe come from here.
 */

/** Version of the messages. A probe and an operator of different versions refuse each other's, and say so. */
export const PROTOCOL = 1;

/** One token of a subject: neither a dot nor a wildcard. */
export const PROBE_ID = /^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/;
/** Names of others who connect. */
export const RESERVED_IDS: readonly string[] = ['operator', 'server'];
export const FLEET_RUN_ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,119}$/;

/** Of a scenario in an order; the ids of its runs begin with it. */
export const SCENARIO_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** A file may have any name: what an order cannot hold of it becomes a hyphen. */
export function nameInOrder(scenario: string): string {
  const name = scenario.replace(/[^A-Za-z0-9._-]/g, '-').replace(/^[^A-Za-z0-9]+/, '');
  return name === '' ? 'scenario' : name.slice(0, 64);
}

const DAY_NS = 86_400_000_000_000;
const KIB = 1_024;
const MIB = 1_048_576;

/** Placeholders of subjects in permissions and in the table. */
export const ANY = '*';

/** A subject for the server of this name alone, whose name need be no token of a subject. */
function at(subject: string, name: string | undefined): string {
  if (name === undefined) return subject;
  return `${subject}.${name === ANY ? ANY : Buffer.from(name).toString('base64url')}`;
}

export const SUBJECTS = {
  /** What a probe is asked to do. */
  order: (probe: string, fleetRun: string) => `rushhour.order.${probe}.${fleetRun}`,
  /** What became of an order. */
  event: (probe: string, fleetRun: string) => `rushhour.event.${probe}.${fleetRun}`,
  /** The bytes of a run's folder, as they are written. */
  run: (probe: string, fleetRun: string) => `rushhour.run.${probe}.${fleetRun}`,
  /** A request for the time of a probe; not in any stream. */
  clock: (probe: string) => `rushhour.clock.${probe}`,
  /** What a probe is; the last value of each counts. */
  presence: (probe: string) => `$KV.RUSHHOUR_PROBES.${probe}`,
  /** What the operator asks of the program that runs the server, or the one at a certain server; not in any stream. */
  server: (name?: string) => at('rushhour.server', name),
  /** What the program that runs a certain server of a cluster is told by the others of who may connect; not in any stream. */
  cluster: (name: string) => at('rushhour.cluster', name),
  /** What a new probe asks of the program that runs the server, or the one at a certain server, once; not in any stream. */
  enrolment: (probe: string, name?: string) => at(`rushhour.enroll.${probe}`, name),
  /** Answers to whoever asked. */
  inbox: (who: string) => `_INBOX.${who}`,
  /** Answers to a new probe, which no other can hear. */
  enrolmentInbox: (probe: string) => `_INBOX_ENROLL.${probe}`,
} as const;

/** Header of a presence: which process writes it, a random text. */
export const PROCESS_HEADER = 'Rushhour-Process';

/** A stream, in words of the server (JetStream's STREAM.CREATE). Times are nanoseconds. */
export interface StreamPlan {
  readonly name: string;
  readonly subjects: readonly string[];
  /** What it is for, for the table. */
  readonly what: string;
  readonly max_age: number;
  readonly max_bytes: number;
  readonly max_msg_size: number;
  readonly max_msgs_per_subject: number;
  /** `new`: a full stream takes no more, and probes keep what they have; `old`: the oldest goes. */
  readonly discard: 'new' | 'old';
  readonly duplicate_window: number;
  /** A bucket of keys and values (NATS ADR-8): rolled up by header, nothing deleted one by one. */
  readonly isBucket?: true;
}

/** After this, a message that is sent again is stored again; receivers then tell by its contents. */
const DUPLICATE_WINDOW_NS = 120_000_000_000;

export const STREAMS = {
  orders: {
    ...{ name: 'RUSHHOUR_ORDERS', subjects: [SUBJECTS.order(ANY, ANY)], what: 'runs to start, and to stop' },
    // Kept as long as what becomes of them: whoever receives a run later sees of whom it was asked.
    ...{ max_age: 30 * DAY_NS, max_bytes: 256 * MIB, max_msg_size: 512 * KIB, max_msgs_per_subject: 100 },
    ...{ discard: 'new', duplicate_window: DUPLICATE_WINDOW_NS },
  },
  events: {
    ...{ name: 'RUSHHOUR_EVENTS', subjects: [SUBJECTS.event(ANY, ANY)], what: 'what became of orders' },
    ...{ max_age: 30 * DAY_NS, max_bytes: 256 * MIB, max_msg_size: 64 * KIB, max_msgs_per_subject: -1 },
    ...{ discard: 'old', duplicate_window: DUPLICATE_WINDOW_NS },
  },
  runs: {
    ...{
      name: 'RUSHHOUR_RUNS',
      subjects: [SUBJECTS.run(ANY, ANY)],
      what: 'the folders of runs, piece by piece',
    },
    ...{ max_age: 30 * DAY_NS, max_bytes: 4_096 * MIB, max_msg_size: 512 * KIB, max_msgs_per_subject: -1 },
    // A probe keeps its folder until it is stored: what is new waits there, and nothing is lost.
    ...{ discard: 'new', duplicate_window: DUPLICATE_WINDOW_NS },
  },
  probes: {
    ...{
      name: 'KV_RUSHHOUR_PROBES',
      subjects: [SUBJECTS.presence(ANY)],
      what: 'what each probe is, and when it was seen',
    },
    ...{ max_age: 30 * DAY_NS, max_bytes: 64 * MIB, max_msg_size: 64 * KIB, max_msgs_per_subject: 1 },
    ...{ discard: 'new', duplicate_window: DUPLICATE_WINDOW_NS, isBucket: true },
  },
} as const satisfies Readonly<Record<string, StreamPlan>>;

/** The durable pull consumer of a probe, in words of the server. */
export function orderConsumer(probe: string) {
  return {
    durable_name: probe,
    filter_subject: SUBJECTS.order(probe, ANY),
    ack_policy: 'explicit',
    deliver_policy: 'all',
    /** An order that was not acknowledged is delivered again. */
    ack_wait: 30_000_000_000,
    max_deliver: -1,
    max_ack_pending: 16,
  } as const;
}

export type Role =
  | { readonly kind: 'operator' }
  /** The program that runs the server. */
  | { readonly kind: 'server' }
  | { readonly kind: 'probe'; readonly id: string }
  /** Whoever holds a token for a probe that has no credentials yet. */
  | { readonly kind: 'newcomer'; readonly id: string };

/** Where a role hears answers. */
export function inboxOf(role: Role): string {
  if (role.kind === 'newcomer') return SUBJECTS.enrolmentInbox(role.id);
  return SUBJECTS.inbox(role.kind === 'probe' ? role.id : role.kind);
}

export interface Permissions {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
  /** Whether an answer may be published to whoever asked, once for each request. */
  readonly answers: boolean;
}

/** Everything that a role may do; the server refuses the rest. */
export function permissionsOf(role: Role): Permissions {
  switch (role.kind) {
    case 'probe': {
      const { id } = role;
      const orders = STREAMS.orders.name;
      return {
        publish: [
          SUBJECTS.event(id, ANY),
          SUBJECTS.run(id, ANY),
          SUBJECTS.presence(id),
          `$JS.API.CONSUMER.INFO.${orders}.${id}`,
          `$JS.API.CONSUMER.MSG.NEXT.${orders}.${id}`,
          `$JS.ACK.${orders}.${id}.>`,
        ],
        // Its own presence: whoever else writes that uses the same credentials.
        subscribe: [SUBJECTS.clock(id), SUBJECTS.presence(id), `${SUBJECTS.inbox(id)}.>`],
        answers: true,
      };
    }
    case 'server':
      return {
        publish: [
          '$JS.API.INFO',
          ...Object.values(STREAMS).flatMap(({ name }) =>
            ['CREATE', 'UPDATE', 'INFO'].map((verb) => `$JS.API.STREAM.${verb}.${name}`),
          ),
          `$JS.API.CONSUMER.CREATE.${STREAMS.orders.name}.>`,
          `$JS.API.CONSUMER.DURABLE.CREATE.${STREAMS.orders.name}.*`,
          // Of a probe that is revoked: its orders, and that it was there.
          `$JS.API.CONSUMER.DELETE.${STREAMS.orders.name}.*`,
          `$JS.API.STREAM.PURGE.${STREAMS.orders.name}`,
          SUBJECTS.presence(ANY),
          SUBJECTS.cluster(ANY),
          // Not as answers: the server forgets who has asked when it reads its configuration again.
          `${SUBJECTS.inbox('operator')}.>`,
          `${SUBJECTS.enrolmentInbox(ANY)}.>`,
          `${inboxOf(role)}.>`,
        ],
        subscribe: [
          SUBJECTS.server(),
          SUBJECTS.server(ANY),
          SUBJECTS.cluster(ANY),
          SUBJECTS.enrolment(ANY),
          SUBJECTS.enrolment(ANY, ANY),
          `${inboxOf(role)}.>`,
        ],
        answers: false,
      };
    case 'newcomer':
      return {
        publish: [SUBJECTS.enrolment(role.id), SUBJECTS.enrolment(role.id, ANY)],
        subscribe: [`${inboxOf(role)}.>`],
        answers: false,
      };
    case 'operator':
      return {
        publish: [
          SUBJECTS.order(ANY, ANY),
          SUBJECTS.clock(ANY),
          SUBJECTS.server(),
          SUBJECTS.server(ANY),
          '$JS.API.INFO',
          ...Object.values(STREAMS).flatMap(({ name }) => [
            ...['CREATE', 'UPDATE', 'INFO'].map((verb) => `$JS.API.STREAM.${verb}.${name}`),
            ...['CREATE', 'INFO', 'DELETE', 'MSG.NEXT'].map((verb) => `$JS.API.CONSUMER.${verb}.${name}.>`),
            `$JS.API.CONSUMER.DURABLE.CREATE.${name}.*`,
            `$JS.API.CONSUMER.CREATE.${name}`,
          ]),
          // Of a run that has been received whole; nothing else can be removed.
          `$JS.API.STREAM.PURGE.${STREAMS.runs.name}`,
        ],
        subscribe: [`${SUBJECTS.inbox('operator')}.>`],
        answers: false,
      };
  }
}
