import * as z from 'zod';
import { armName, counts, figure, moment, name, some, text } from './shapes.ts';

const quantiles = some({
  ...{
    count: figure,
    min: figure,
    mean: figure,
    p50: figure,
    p90: figure,
    p99: figure,
    p999: figure,
    max: figure,
  },
});
const diagnosisVerdict = z.enum(['named', 'cannot-tell', 'healthy', 'none']);
const causeStatus = z.enum(['named', 'possible', 'excluded']);
const illArm = some({
  ...{ arm: armName, count: figure, of: figure },
  kind: z.enum(['stalled', 'healed', 'refused', 'late', 'broken', 'cut', 'answered', 'waits', 'holes']),
});
const portSpread = some({ p50: figure, p90: figure, max: figure });
const endpoint = some({ started: figure, established: figure, completed: figure, stalled: figure });

const arm = some({
  ...{ scheduled: figure, started: figure, unsent: figure, established: figure, completed: figure },
  completedShare: figure.optional(),
  lost: figure.optional(),
  achievedPerSec: figure,
  ...{ requests: figure.optional(), connectionsPerRequest: figure.optional(), challenges: figure.optional() },
  stalled: some({
    ...{ count: figure, rate: figure, recovered: figure, frozen: figure, unresolved: figure.optional() },
    ci95: z.tuple([figure, figure]),
    ratePerFrame: some({ p50: figure, p99: figure, max: figure }),
  }),
  requestsResent: some({
    ...{ count: figure, measured: figure, rate: figure },
    ci95: z.tuple([figure, figure]),
  }).optional(),
  responsesLate: some({
    ...{ count: figure, measured: figure, rate: figure },
    ci95: z.tuple([figure, figure]),
  }).optional(),
  ...{ healed: figure, slow: figure, bytes: figure },
  ...{ synRetransmits: counts, requestRetransmits: counts.optional(), outcomes: counts },
  ...{ statuses: counts.optional(), tunnelStatuses: counts.optional(), schemesOffered: counts.optional() },
  ...{ refusals: counts.optional(), errorNames: counts.optional(), unmetContent: counts.optional() },
  answers: z.record(text, counts).optional(),
  ...{ handshakeUs: quantiles, firstByteUs: quantiles, totalUs: quantiles },
  rttUs: quantiles.optional(),
  service: some({ handshakeUs: quantiles, firstByteUs: quantiles, totalUs: quantiles }),
  phases: z.record(text, quantiles).optional(),
  tokens: some({ minted: figure, discarded: figure, failures: counts, mintUs: quantiles }).optional(),
  browsing: some({
    ...{ pages: figure, pagesFailed: figure, connectionsPerPage: figure, challengesPerPage: figure },
    ...{ connectionsWithoutRequest: figure, synsPerStall: figure.optional() },
  }).optional(),
  ports: some({
    ...{ users: figure, perUser: portSpread, open: portSpread, held30s: portSpread, held120s: portSpread },
  }).optional(),
  endpoints: z.record(text, endpoint),
  byReuseAge: z.array(some({ ageSec: figure, attempts: figure, stalled: figure })).optional(),
  cuts: counts.optional(),
  proofs: z.array(some({ ageSec: figure, alive: figure, cuts: counts })).optional(),
  onset: some({ afterSec: figure, cleanStarts: figure }).optional(),
  stallSteps: some({
    steps: z.array(some({ atSec: figure, count: figure })),
    between: figure,
  }).optional(),
  outages: some({
    runs: z.array(some({ fromSec: figure, toSec: figure })),
    periodSec: figure.nullable(),
  }).optional(),
  ramp: some({ started: figure, stalled: figure }).optional(),
});

const wholeness = {
  ...{ seconds: figure, missingSec: figure, setAsideSec: figure },
  events: z.array(some({ kind: text, count: figure })),
};

/** summary.json. */
export const summarySchema = some({
  schema: z.literal(1),
  run: some({
    ...{ id: name, scenario: name, label: text, startedAt: moment, endedAt: moment, engine: text },
    reactor: text.optional(),
    status: z.enum(['running', 'complete', 'interrupted', 'failed']),
    stallsByTcpInfo: z.boolean(),
  }),
  verdict: some({
    pass: z.boolean().nullable(),
    criteria: z.array(some({ text, value: figure.nullable(), held: z.boolean().nullable() })),
    generatorLimited: z.boolean(),
    limitedBy: z.array(text).optional(),
    reasons: z.array(text),
  }),
  arms: z.record(armName, arm),
  latenessUs: quantiles,
  ...{ localDrops: figure.optional(), conntrackDrops: figure.optional(), starvedSec: figure.optional() },
  ...{ ringDrops: figure.optional(), sendDrops: figure.optional(), linkLossSec: figure.optional() },
  captureDrops: figure.optional(),
  pings: z
    .record(
      text,
      some({
        ...{ sent: figure, answered: figure },
        ...{ minUs: figure.nullable(), meanUs: figure.nullable(), maxUs: figure.nullable() },
      }),
    )
    .optional(),
  ...{ hostCounters: counts.optional(), farCounters: counts.optional() },
  firewall: some({
    outputs: some({ before: figure, during: figure, after: figure }),
    failures: z.array(some({ phase: text, how: text, count: figure })),
    moved: z.array(some({ where: text, key: text, from: text.optional(), to: text.optional() })),
    movedMore: figure,
  }).optional(),
  findings: z.array(
    some({
      ...{ kind: text, confidence: z.enum(['high', 'medium', 'low', 'none']), text },
      ...{ arm: text.optional(), under: text.optional() },
    }),
  ),
  diagnosis: some({
    verdict: diagnosisVerdict,
    text,
    symptoms: z.array(text),
    ill: z.array(illArm).optional(),
    windows: some({ count: figure, ill: figure, lengthSec: figure }).optional(),
    periods: z
      .array(
        some({
          ...{ fromSec: figure, toSec: figure, from: moment, to: moment, windows: figure },
          ...{ verdict: diagnosisVerdict, text, ill: z.array(illArm) },
          causes: z.array(some({ id: text, name: text, status: causeStatus })),
        }),
      )
      .optional(),
    causes: z.array(
      some({
        ...{ id: text, name: text, status: causeStatus, proof: text },
        ...{ for: z.array(text), against: z.array(text), next: z.array(text) },
        arms: z.array(armName).optional(),
      }),
    ),
    decide: z.array(some({ text, command: text.optional() })),
    untried: z.array(some({ text, needs: text })).optional(),
  }).optional(),
  soak: some({ windows: figure, windowSec: figure, ...wholeness }).optional(),
  session: some(wholeness).optional(),
});
