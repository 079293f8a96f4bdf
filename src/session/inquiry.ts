import type { Kit } from '../analysis/inquiry/arms.ts';
import { choose } from '../analysis/inquiry/choose.ts';
import { PortSlices } from '../analysis/inquiry/ports.ts';
import type { Means, Stage, StageId, Untried } from '../analysis/inquiry/types.ts';
import { listUntried } from '../analysis/inquiry/untried.ts';
import type { Observations } from '../analysis/observations/types.ts';
import type { Endpoint } from '../engine/types.ts';
import { EnvironmentError } from '../errors.ts';
import { isLibcAvailable } from '../net/index.ts';
import { whyNoGuard } from '../net/link/guard.ts';
import { hasCapability } from '../net/link/needs.ts';
import { loadDurationUs, peakPerSec } from '../scenario/load-shape.ts';
import type { Arm, Scenario } from '../scenario/types.ts';
import type { InquiryInfo } from '../store/run-info.ts';
import { chooseEngine } from './load/engine-choice.ts';
import { resolveArms } from './load/resolve.ts';
import { isLoopback } from './load/tcp-metrics.ts';
import { checkCapture } from './near-side.ts';
import type { RunOptions } from './types.ts';

/** From a stage's choice to its first attempt: threads start. */
const SETUP_SEC = 2;

/** A run that chooses its arms: stage by stage, from what it has seen. */
export class Inquiry {
  /** What the run starts with. */
  readonly first: Scenario;
  readonly #scenario: Scenario;
  readonly #means: Means;
  readonly #budgetSec: number;
  readonly #slices = new PortSlices(Math.random());
  readonly #stages: { id: StageId; fromSec: number; why: string; arms: string[] }[] = [];
  readonly #lacking = new Map<StageId, string>();
  #done: StageId[] = [];
  #current: Stage;
  #stopped: string | undefined;

  private constructor(scenario: Scenario, means: Means, budgetSec: number) {
    this.#scenario = scenario;
    this.#means = means;
    this.#budgetSec = budgetSec;
    const choice = choose(this.#kit(), { done: [], leftSec: budgetSec }, undefined);
    if (!('stage' in choice)) throw new Error(`no stage to begin with: ${choice.stop}`);
    this.#current = choice.stage;
    this.#done = [choice.stage.id];
    this.first = this.#toScenario(choice.stage.arms);
  }

  /**
   * @param options of a scenario with `adaptive`
   * @throws EnvironmentError if a name does not resolve
   */
  static async open({ scenario, engine }: Pick<RunOptions, 'scenario' | 'engine'>): Promise<Inquiry> {
    const { means, budgetSec } = await readMeans(scenario, engine);
    return new Inquiry(scenario, means, budgetSec);
  }

  /** The stage that is about to run. */
  get current(): Stage {
    return this.#current;
  }

  /** Names of those that it starts with beside what is to be diagnosed: to other ports, which may not answer. */
  get controls(): readonly string[] {
    return this.first.arms.slice(1).map(({ name }) => name);
  }

  get hasBegun(): boolean {
    return this.#stages.length > 0;
  }

  /** Time that it may take, microseconds. */
  get budgetUs(): number {
    return this.#budgetSec * 1_000_000;
  }

  /**
   * The next arms, from what was seen.
   * @param nowSec since the run began
   * @returns undefined: it is over
   */
  next(seen: Observations, nowSec: number): Scenario | undefined {
    const leftSec = this.#budgetSec - nowSec - SETUP_SEC;
    const choice = choose(this.#kit(), { done: this.#done, leftSec }, seen);
    for (const { id, needs } of choice.untried) this.#lacking.set(id, needs);
    if ('stop' in choice) {
      this.#stopped = choice.stop;
      return undefined;
    }
    this.#current = choice.stage;
    this.#done = [...this.#done, choice.stage.id];
    this.#lacking.delete(choice.stage.id);
    return this.#toScenario(choice.stage.arms);
  }

  /** The current stage begins. @param fromSec its first second */
  begun(fromSec: number): void {
    const { id, why, arms } = this.#current;
    this.#stages.push({ id, fromSec, why, arms: arms.map(({ name }) => name) });
  }

  /** The current stage cannot begin. @param why that is */
  failed(why: string): void {
    this.#lacking.set(this.#current.id, why);
  }

  /** For run.json. */
  describe(): InquiryInfo {
    const untried: Untried[] = listUntried(this.#means, this.#lacking);
    return {
      stages: this.#stages,
      ...(this.#stopped === undefined ? {} : { stopped: this.#stopped }),
      untried,
    };
  }

  #kit(): Kit {
    return { ...this.#means, nth: this.#done.length, slices: this.#slices };
  }

  #toScenario(arms: readonly Arm[]): Scenario {
    return { ...this.#scenario, arms };
  }
}

async function readMeans(
  scenario: Scenario,
  engine: RunOptions['engine'],
): Promise<{ readonly means: Means; readonly budgetSec: number }> {
  const [base] = scenario.arms;
  if (base === undefined || base.load.kind !== 'open' || scenario.adaptive === undefined)
    throw new Error(`scenario ${scenario.name} is not adaptive`);
  const choosesPackets = chooseEngine(engine, process.platform, scenario.arms) === 'raw';
  const everywhere = {
    ...base,
    source: { addresses: [{ kind: 'all' as const }] },
    socket: { ...base.socket, bind: [] },
  };
  const [own] = await resolveArms({ ...scenario, arms: [base] });
  // A machine whose own addresses cannot be listed has the one that it chooses.
  const sources = await resolveArms({ ...scenario, arms: [everywhere] })
    .then(([planned]) => planned?.sources ?? [])
    .catch((error: unknown) => {
      if (error instanceof EnvironmentError) return [];
      throw error;
    });
  return {
    means: {
      ...{ base, spec: scenario.adaptive, ratePerSec: peakPerSec(base.load), sources, choosesPackets },
      endpoints: own?.endpoints.length ?? 0,
      imitates: findLack(engine, own?.endpoints ?? []),
      captures: checkCapture(scenario.capture ?? 'auto')?.isOn === true,
    },
    budgetSec: (loadDurationUs(base.load) ?? 0) / 1_000_000,
  };
}

/** What SYNs of other clients would need here. Nothing is changed. */
function findLack(engine: RunOptions['engine'], endpoints: readonly Endpoint[]): Means['imitates'] {
  if (engine !== 'auto' && engine !== 'packet') return { needs: `a run without --engine ${engine}` };
  if (process.platform !== 'linux' || !isLibcAvailable())
    return { needs: 'Linux, with the npm package koffi' };
  if (!hasCapability('CAP_NET_RAW') || !hasCapability('CAP_NET_ADMIN'))
    return { needs: 'root, or CAP_NET_RAW and CAP_NET_ADMIN' };
  const lack = whyNoGuard();
  if (lack !== undefined) return { needs: `nf_tables in the kernel (${lack})` };
  return endpoints.some(({ address }) => isLoopback(address))
    ? { needs: 'a target that is not on this machine' }
    : {};
}
