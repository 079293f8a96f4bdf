import type { HostFacts, KerberosFacts, ReachFacts } from '../doctor/types.ts';
import type { ExitCode } from '../errors.ts';
import type { Scenario } from '../scenario/types.ts';
import type { RunHandle, RunListener, RunOptions } from '../session/types.ts';
import type { Host } from './host.ts';

/** What commands do beyond reading and writing files; replaced in tests of the command line. */
export interface Services {
  /** Starts a run, or a soak if the options have a length. */
  startSession(options: RunOptions, listener: RunListener): Promise<RunHandle>;
  readHostFacts(): Promise<HostFacts>;
  probeScenario(scenario: Scenario): Promise<ReachFacts[]>;
  probeKerberos(scenario: Scenario): Promise<KerberosFacts[]>;
}

/** The real services, each loaded on first use, so that --help and --version load none. */
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

/** The context of every command. */
export interface Context {
  readonly host: Host;
  readonly services: Services;
  /** The arguments without node and program. */
  readonly args: readonly string[];
  /** Runs a command's action and stores its exit code. */
  act<Args extends unknown[]>(work: (...args: Args) => Promise<ExitCode>): (...args: Args) => Promise<void>;
}
