import * as z from 'zod';
import type { RunInfo } from './run-info.ts';
import { armName, count, figure, moment, name, schemaOf, some, text } from './shapes.ts';

const hostPort = { host: text, port: z.int().min(0).max(65_535) };
const us = z.number().min(0);

const phase = z.discriminatedUnion('kind', [
  some({ kind: z.literal('ramp'), fromPerSec: us, toPerSec: us, forUs: us }),
  some({ kind: z.literal('hold'), ratePerSec: us, forUs: us }),
  some({ kind: z.literal('step'), fromPerSec: us, toPerSec: us, byPerSec: z.number().gt(0), eachUs: us }),
  some({ kind: z.literal('idle'), forUs: us }),
]);

const load = z.discriminatedUnion('kind', [
  some({ kind: z.literal('open'), phases: z.array(phase).max(10_000) }),
  some({ kind: z.literal('closed'), concurrency: us, attempts: us.optional(), forUs: us.optional() }),
  some({ kind: z.literal('sweep'), delaysUs: z.array(us).max(10_000), pairs: us, ratePerSec: us }),
  some({
    kind: z.literal('browsers'),
    ...{ browsers: us, rampUs: us, forUs: us, connections: us, thinkUs: us, idleUs: us },
    profile: text.optional(),
    page: some({ objects: us, paths: z.array(text), hosts: z.array(some({})).optional() }),
  }),
]);

const expectation = z.union([
  some({ kind: z.literal('status'), statuses: z.array(z.number()) }),
  some({ kind: z.enum(['established', 'refused']) }),
]);

/** An arm as resolved. What an earlier version did not have may be missing. */
const arm = some({
  name: armName,
  via: z.enum(['proxy', 'tunnel', 'direct', 'tcp', 'icmp']),
  proxy: some(hostPort).optional(),
  target: some({ ...hostPort, scheme: z.enum(['http', 'https', 'tcp']).optional(), path: text }),
  request: some({
    method: text,
    version: text,
    headers: z.array(z.tuple([text, text]).rest(z.unknown())),
    body: text,
  }),
  expect: expectation,
  load,
  ...{ handshakeTimeoutUs: us, responseTimeoutUs: us, stallAfterUs: us, holdUs: us },
  holdsTogether: z.literal(true).optional(),
  proveUs: z.array(us).optional(),
  close: text,
  socket: some({ bind: z.array(text) }),
  source: some({ addresses: z.array(some({ kind: text })), ports: some({}).optional() }).optional(),
  auth: some({ to: text.optional(), scheme: text.optional(), mode: text.optional() }).optional(),
  tls: some({}).optional(),
  client: some({ profile: text, knobs: some({}) }).optional(),
});

const criterion = some({
  text,
  arm: text,
  path: z.array(text),
  operator: z.enum(['<', '<=', '>', '>=', '==', '!=']),
  bound: figure,
});

/** As a run records it: resolved. */
const recordedScenario = some({
  name,
  description: text.optional(),
  farEnd: text.optional(),
  arms: z
    .array(arm)
    .min(1)
    .refine((arms) => new Set(arms.map(({ name }) => name)).size === arms.length, 'two arms of one name'),
  pass: z.array(criterion),
  findings: z.array(text).optional(),
  look: some({ ratePerSec: us, forUs: us }).optional(),
  natPorts: count.optional(),
  tcpTimestamps: text.optional(),
});

/** A process, so that it can be told from a later one with its number. */
export const mark = some({ pid: z.int().min(0), bootId: text, startTicks: text });

const session = {
  settleSec: us,
  fingerprint: text,
  startedBootMs: figure.optional(),
  processes: z.array(mark),
};

/** run.json: what everything that reads a run relies on. */
export const runInfoSchema = schemaOf<RunInfo>()(
  some({
    schema: z.literal(1),
    id: name,
    scenario: recordedScenario,
    label: text,
    startedAt: moment,
    endedAt: moment.optional(),
    status: z.enum(['running', 'complete', 'interrupted', 'failed']),
    engine: text,
    reactor: text.optional(),
    stallsByTcpInfo: z.boolean(),
    tcpMetrics: text.optional(),
    workers: count,
    endpoints: z.record(text, z.array(text)),
    sources: z.record(text, some({ addresses: z.array(text), ports: z.array(text).optional() })).optional(),
    links: z
      .record(
        text,
        some({ interface: text, mac: text, nextHops: z.array(text), mtu: count, emulates: z.boolean() }),
      )
      .optional(),
    nat: some({ ports: z.enum(['preserved', 'reassigned', 'apart', 'unknown']), because: text }).optional(),
    synResentAtSec: z.array(figure).optional(),
    command: z.array(text),
    versions: some({ rushhour: text, node: text }),
    process: mark,
    inquiry: some({
      stages: z.array(some({ id: text, fromSec: us, why: text, arms: z.array(text) })),
      stopped: text.optional(),
      untried: z.array(some({ text, needs: text })),
    }).optional(),
    session: some(session).optional(),
    soak: some({ windowSec: z.int().min(1).max(86_400), forUs: us, ...session }).optional(),
  }),
);
