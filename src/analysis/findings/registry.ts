import type { AskedFinding } from '../../scenario/words.ts';
import { askedAsOrigin } from './asked-as-origin.ts';
import { cutAge } from './cut-age.ts';
import type { Finder } from './finder.ts';
import { knee } from './knee.ts';
import { latencyCluster } from './latency-cluster.ts';
import { natPool } from './nat-pool.ts';
import { oneEndpoint } from './one-endpoint.ts';
import { onset } from './onset.ts';
import { outagePhases } from './outage-phases.ts';
import { preAnswered } from './pre-answered.ts';
import { requestsResent } from './requests-resent.ts';
import { reuseBand } from './reuse-band.ts';
import { synOptions } from './syn-options.ts';

/** Every finder by the kind that it looks for. Those that a scenario has to ask for look only then. */
export const FINDERS = {
  knee,
  'cut-age': cutAge,
  'reuse-band': reuseBand,
  'nat-pool': natPool,
  'pre-answered': preAnswered,
  'one-endpoint': oneEndpoint,
  'syn-options': synOptions,
  'asked-as-origin': askedAsOrigin,
  'requests-resent': requestsResent,
  'outage-phases': outagePhases,
  onset,
  'latency-cluster': latencyCluster,
} as const satisfies Record<string, Finder> & Record<AskedFinding, Finder>;
