import type { HostFacts, KerberosFacts, ReachFacts } from '../doctor/types.ts';
import type { ExitCode } from '../errors.ts';
import type { Scenario } from '../scenario/types.ts';
import type { RunHandle, RunListener, RunOptions } from '../session/types.ts';
import type { Host } from './host.ts';

/** What commands do that reaches beyond files: replaced in tests that are only about the command line. */
export interface Services {
  /** A run, or a soak where the options say how long one lasts. */
  startSession(options: RunOptions, listener: RunListener): Promise<RunHandle>;
  readHostFacts(): Promise<HostFacts>;
  probeScenario(scenario: Scenario): Promise<ReachFacts[]>;
  probeKerberos(scenario: Scenario): Promise<KerberosFacts[]>;
}

/** The real ones, each loaded when first used: --help and --version wait for none of them. */
export const realServices: Services = {
  async startSession(options, listener) {
    const { startSession } = await import('../session/start.ts');
    return startSession(options, listener);
  },
  async readHostFacts() {
    const { readHostFacts } = await import('../doctor/read-host-facts.ts');
    return readHostFacts();
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
