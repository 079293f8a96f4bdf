import type { Services } from '../../src/cli/context.ts';
import type { RushhourError } from '../../src/errors.ts';
import type {
  ArmOutline,
  Progress,
  RunListener,
  RunOptions,
  RunPlan,
  Summary,
} from '../../src/session/types.ts';
import { hostFacts } from '../doctor/facts.ts';
import { summary as passing, quantiles } from '../render/fixtures.ts';

export interface FakeRun {
  /** What the run was asked for; undefined until it is started. */
  options: RunOptions | undefined;
  readonly stops: ('drain' | 'abort')[];
  readonly services: Services;
}

export interface FakeRunScript {
  readonly summary?: Summary;
  /** Why the summary could not be written. */
  readonly unkept?: RushhourError;
  /** Addresses of every arm. */
  readonly endpoints?: readonly string[];
  /** Called where load would be under way. */
  during?(listener: RunListener): void | Promise<void>;
  /** Called before anything is resolved. */
  before?(): void | Promise<void>;
}

export const PROGRESS: Progress = {
  elapsedUs: 1_000_000,
  fractionDone: 0.1,
  draining: false,
  open: 3,
  startedPerSec: 500,
  started: 500,
  established: 498,
  completed: 495,
  unsent: 0,
  stalled: 0,
  healed: 0,
  failed: 0,
  handshakeUs: quantiles(310),
};

/** Services whose run follows a script in the order that a real one keeps: approve, planned, load, summary. */
export function createFakeRun(script: FakeRunScript = {}): FakeRun {
  const run: FakeRun = {
    options: undefined,
    stops: [],
    services: {
      readHostFacts: async () => hostFacts(),
      probeScenario: async () => [],
      probeKerberos: async () => [],
      async startSession(options, listener) {
        run.options = options;
        await script.before?.();
        const plan = planOf(options, script.endpoints ?? ['127.0.0.1:80']);
        await listener.approve?.(plan);
        listener.planned?.(plan);
        return {
          plan,
          stop: (how) => void run.stops.push(how),
          sinkAway: () => () => {},
          // A turn later, as a real run cannot end before its caller has the handle.
          finished: (async () => {
            await new Promise(setImmediate);
            await script.during?.(listener);
            const { summary = passing(), unkept } = script;
            return { plan, summary, ...(unkept === undefined ? {} : { unkept }) };
          })(),
        };
      },
    },
  };
  return run;
}

function planOf({ scenario, workers, resultsDir }: RunOptions, endpoints: readonly string[]): RunPlan {
  const arms = scenario.arms.map(
    ({ name, via }): ArmOutline => ({
      name,
      via,
      endpoints,
      target: 'http://origin.test/',
      peakPerSec: 500,
      attempts: 5_000,
    }),
  );
  return {
    id: 'id',
    dir: `${resultsDir}/id`,
    engine: 'raw',
    readsTcpInfo: true,
    workers,
    arms,
    durationUs: 10_000_000,
  };
}
