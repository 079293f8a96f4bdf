import * as z from 'zod';
import { ENGINE_NAMES } from '../engine/names.ts';
import { mark } from './run-schema.ts';
import { count, moment, name, some, text } from './shapes.ts';

/** The two settings that an experiment alternates. */
export const SIDES = ['a', 'b'] as const;
export type Side = (typeof SIDES)[number];

/** How far a step has come. */
const STEP_STATES = ['waiting', 'switching', 'settling', 'verifying', 'running', 'done'] as const;
export type StepState = (typeof STEP_STATES)[number];

const us = z.number().min(0);

/** Part of a path in the results folder: never one that leads out of it. */
const folder = name.regex(/^[^./\\][^/\\]*$/);

/** A secret is only ever referred to. */
const reference = z.union([some({ env: text }), some({ file: text })]);

const credentials = z.discriminatedUnion('kind', [
  some({ kind: z.literal('env'), name: text }),
  some({ kind: z.literal('file'), path: text }),
  some({ kind: z.literal('pattern'), users: text, password: reference }),
  some({ kind: z.literal('keytab'), path: text, principals: z.array(text) }),
  some({ kind: z.literal('ticket-cache') }),
]);

const word = text.optional();

const overrides = some({
  ...{ proxy: word, target: word, via: word, addresses: word, client: word, rate: word, duration: word },
  ...{ emulate: word, interface: word, tcpTimestamps: word, capture: word, keytab: word, service: word },
  prefer: z.number().optional(),
  principal: z.array(text).optional(),
  set: z.array(text).optional(),
  proxyUser: credentials.optional(),
  marker: word,
  ping: z.boolean().optional(),
  firewall: some({
    asks: z.boolean().optional(),
    ...{ before: word, after: word, run: word, every: word },
  }).optional(),
});

const side = some({ command: text, label: text });

const step = some({
  round: count,
  side: z.enum(SIDES),
  state: z.enum(STEP_STATES),
  runId: folder.nullable(),
  cut: z.array(text),
});

/** experiments/<id>.json: what everything that goes on with an experiment relies on. */
export const experimentSchema = some({
  schema: z.literal(1),
  id: folder,
  scenario: text,
  overrides,
  fingerprint: text,
  sides: some({ a: side, b: side }),
  verify: text.nullable(),
  ...{ settleUs: us, commandTimeoutUs: us },
  workers: z.int().min(1),
  engine: z.enum(['auto', ...ENGINE_NAMES]),
  reactor: text.optional(),
  ...{ rounds: count, seed: z.number() },
  startedAt: moment,
  endedAt: moment.optional(),
  steps: z.array(step).min(1),
  process: mark,
});
