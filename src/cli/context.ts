import type { HostFacts, KerberosFacts, ReachFacts } from '../doctor/types.ts';
import type { ExitCode } from '../errors.ts';
import type { Scenario } from '../scenario/types.ts';
import type { SoakHandle, SoakListener, SoakOptions } from '../session/soak-types.ts';
import type { RunHandle, RunListener, RunOptions } from '../session/types.ts';
import type { Host } from './host.ts';

/** What commands do that reaches beyond files: replaced in tests that are about the command line alone. */
export interface Services {
  startRun(options: RunOptions, listener: RunListener): Promise<RunHandle>;
  startSoak(options: SoakOptions, listener: SoakListener): Promise<SoakHandle>;
  gatherHostFacts(): Promise<HostFacts>;
  probeScenario(scenario: Scenario): Promise<ReachFacts[]>;
  probeKerberos(scenario: Scenario): Promise<KerberosFacts[]>;
}

/** The real ones, each loaded when first used: --help and --version wait for none of them. */
export const realServices: Services = {
  async startRun(options, listener) {
    const { startRun } = await import('../session/start-run.ts');
    return startRun(options, listener);
  },
  async startSoak(options, listener) {
    const { startSoak } = await import('../session/start-soak.ts');
    return startSoak(options, listener);
  },
  async gatherHostFacts() {
    const { gatherHostFacts } = await import('../doctor/gather.ts');
    return gatherHostFacts();
  },
  async probeScenario(scenario) {
    const { probeScenario } = await import('../doctor/probe.ts');
    return probeScenario(scenario);
  },
  async probeKerberos(scenario) {
    const { probeKerberos } = await import('../doctor/kerberos.ts');
    return probeKerberos(scenario);
  },
};

/** What every command is given. */
export interface Context {
  readonly host: Host;
  readonly services: Services;
  /** The command line without node and program. */
  readonly args: readonly string[];
  /** Runs a command's work and keeps its exit code. */
  act<Args extends unknown[]>(work: (...args: Args) => Promise<ExitCode>): (...args: Args) => Promise<void>;
}
