import { beforeEach, describe, onTestFinished } from 'vitest';
import { BrowserEngine } from '../../../src/engine/browser/engine.ts';
import { CHROMIUM } from '../../../src/engine/browser/profiles/chromium.ts';
import { DescriptorSockets } from '../../../src/engine/browser/sockets/descriptors.ts';
import type { BrowserSocket, Sockets } from '../../../src/engine/browser/sockets/types.ts';
import type { BrowserArm, BrowserHost, ConnectPermit } from '../../../src/engine/browser/types.ts';
import type { ConnectionEvents } from '../../../src/engine/portable/connection.ts';
import type { AttemptRecord, EngineAuth } from '../../../src/engine/types.ts';
import { classify } from '../../../src/outcome/classify.ts';
import type { Outcome } from '../../../src/outcome/outcome.ts';
import { serverNameOf } from '../../../src/scenario/host-names.ts';
import { endpointOf, GET } from '../../support/arms.ts';

/** Chromium, but for the connections that it opens without a request for them, and for what it asks for later. */
const ALONE = { ...CHROMIUM, opensAheadUs: 0, forDocument: 1, mostBeforeLayout: Number.POSITIVE_INFINITY };

const EXPECTED = { kind: 'status', statuses: [200] } as const;

/** The C library's sockets, or Node's. */
const KINDS = ['descriptors', 'node'] as const;
let kind: (typeof KINDS)[number] = 'descriptors';

/** Has these tests pass with each kind of sockets that populations may have; those with TLS have Node's anyway. */
export function describeWithEachSockets(
  name: string,
  define: () => void,
  kinds: readonly (typeof KINDS)[number][] = KINDS,
): void {
  describe.each(kinds)(`${name}, with %s`, (each) => {
    beforeEach(() => {
      kind = each;
    });
    define();
  });
}

export interface PopulationOptions extends Partial<BrowserArm> {
  /** Requests of a page; default 1. */
  readonly objects?: number;
  /** Hosts of a page, the document's included; default 1. */
  readonly hosts?: number;
  /** Default: false. */
  readonly tunnels?: boolean;
  /** What is said to a browser that asks for leave; default: always the next number. */
  readonly leave?: (attempt: number) => ConnectPermit;
  readonly waits?: () => boolean;
  /** Called once a socket by system calls has been asked to connect. */
  readonly afterConnect?: () => void;
}

/** Browsers that open pages at `peer`, and what they told. Driven until the present test is over. */
export function populate(
  peer: { readonly host: string; readonly port: number },
  { objects = 1, hosts = 1, tunnels = false, leave, waits, afterConnect, ...changes }: PopulationOptions = {},
) {
  const outcomes: Outcome[] = [];
  const records: AttemptRecord[] = [];
  const told = {
    objects: [] as number[],
    pages: [] as number[],
    errorPages: 0,
    answers: [] as number[],
    errorNames: [] as string[],
    challenges: 0,
    established: 0,
  };
  const watchers = new Set<() => void>();
  const hear = (): void => {
    for (const watcher of watchers) watcher();
  };
  const counts = { attempts: 0, nonces: 0 };
  const arm: BrowserArm = {
    endpoints: [endpointOf(peer)],
    firstEndpoints: changes.endpoints?.length ?? 1,
    sources: [],
    socket: {},
    handshakeTimeoutUs: 5_000_000,
    responseTimeoutUs: 5_000_000,
    idleUs: 60_000_000,
    connections: 6,
    profile: ALONE,
    isProxied: true,
    sharesProxy: false,
    maxOpen: 1_000,
    page: {
      objects,
      hostOf: (object) => (hosts === 1 || object === 0 ? 0 : 1 + ((object - 1) % (hosts - 1))),
      request: requestPlainly,
      serverName: () => serverNameOf('origin.test'),
      fields: (object, nonce) => ({
        ':method': 'GET',
        ':scheme': 'https',
        ':authority': 'origin.test',
        ':path': `/${object}/${nonce}`,
      }),
      ...(tunnels && { connect: connectPlainly }),
    },
    isExpected: (status) => status === 200,
    ...changes,
  };
  const clock = (): number => performance.now() * 1_000;
  const host: BrowserHost = {
    clock,
    permit: () => leave?.(counts.attempts) ?? counts.attempts++,
    waits: waits ?? (() => true),
    portOf: () => 0,
    nextNonce: () => counts.nonces++,
    established() {
      told.established += 1;
      hear();
    },
    settled(record) {
      records.push({ ...record });
      outcomes.push(classify(record, EXPECTED));
      hear();
    },
    challenged: () => (told.challenges += 1),
    answered(status, errorName) {
      told.answers.push(status);
      if (errorName !== '') told.errorNames.push(errorName);
    },
    objectOver: (us) => told.objects.push(us),
    pageOver(_browser, us, isErrorPage) {
      told.pages.push(us);
      if (isErrorPage) told.errorPages += 1;
      hear();
    },
  };
  const isPlain = arm.tls === undefined;
  const sockets = isPlain && kind === 'descriptors' ? new DescriptorSockets(clock, arm.maxOpen) : undefined;
  const engine = new BrowserEngine(0, arm, host, sockets && watched(sockets, afterConnect));
  let isOver = false;
  // Events are to be noticed as soon as those of the peer, which Node's event loop drives.
  const drive = (): void => {
    if (isOver) return;
    engine.poll();
    hear();
    if (sockets !== undefined) setImmediate(drive);
    else setTimeout(drive, 1);
  };
  drive();
  onTestFinished(() => {
    engine.abort();
    isOver = true;
    sockets?.close();
  });
  const until = (holds: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      const watcher = (): void => {
        if (!holds()) return;
        watchers.delete(watcher);
        resolve();
      };
      watchers.add(watcher);
      watcher();
    });
  return {
    engine,
    told,
    outcomes,
    records,
    until,
    add: (number = 0) => engine.add(number),
    pages: (count: number) => until(() => told.pages.length >= count),
    settled: (count: number) => until(() => records.length >= count),
  };
}

/** The same, with something done each time a socket has been asked to connect. */
function watched(sockets: Sockets, afterConnect: (() => void) | undefined): Sockets {
  if (afterConnect === undefined) return sockets;
  const create = (events: ConnectionEvents): BrowserSocket => {
    const socket = sockets.create(events);
    const { open } = socket;
    socket.open = (route) => {
      const errno = open.call(socket, route);
      afterConnect();
      return errno;
    };
    return socket;
  };
  return {
    create,
    get fd() {
      return sockets.fd;
    },
    get soonestUs() {
      return sockets.soonestUs;
    },
    after: (us, run) => sockets.after(us, run),
    wait: (maxWaitUs, then) => sockets.wait(maxWaitUs, then),
    close: () => sockets.close(),
  };
}

/** `/0/17` for the document, if 17 is its nonce. */
function requestPlainly(object: number, nonce: number, credentials?: string): Uint8Array {
  const field = credentials === undefined ? '' : `Proxy-Authorization: ${credentials}\r\n`;
  return Buffer.from(`GET /${object}/${nonce} HTTP/1.1\r\nHost: peer\r\n${field}\r\n`);
}

function connectPlainly(site: number, _nonce: number, credentials?: string): Uint8Array {
  const field = credentials === undefined ? '' : `Proxy-Authorization: ${credentials}\r\n`;
  return Buffer.from(`CONNECT host${site}:443 HTTP/1.1\r\nHost: host${site}:443\r\n${field}\r\n`);
}

/** Answers a proxy's challenge; every credential that was asked for is kept. */
export function authOf(scheme: EngineAuth['scheme'], changes: Partial<EngineAuth> = {}) {
  const asked: number[] = [];
  const auth: EngineAuth = {
    mode: 'challenge',
    status: 407,
    scheme,
    request: GET,
    credentials(who) {
      asked.push(who);
      return `${scheme} ${who}.${asked.length}`;
    },
    ...changes,
  };
  return { auth, asked };
}
