import type { Command } from 'commander';
import type { FirewallOverrides } from '../../scenario/overrides.ts';

/** What accompanies the load: commands that query the firewall, and pings. */
export interface BesideOptions {
  /** Text added to each request. */
  readonly marker?: string;
  /** False: no pings. */
  readonly ping?: boolean;
  /** False: none. */
  readonly firewall?: boolean;
  readonly firewallBefore?: string;
  readonly firewallAfter?: string;
  readonly firewallRun?: string;
  readonly firewallEvery?: string;
}

export function addBesideOptions(command: Command): Command {
  return command
    .option(
      '--firewall-before <command>',
      'record what this command says about the firewall, before and after the load',
    )
    .option('--firewall-after <command>', 'a different command after the load')
    .option('--firewall-run <command>', 'record the output of this command repeatedly during the load')
    .option('--firewall-every <time>', 'interval of --firewall-run (default: 10s)')
    .option('--no-firewall', 'skip the firewall commands of the scenario')
    .option(
      '--marker <text>',
      'add this text to each request and CONNECT (X-Rushhour-Marker), to find them in captures',
    )
    .option('--no-ping', 'do not ping each endpoint once a second during the load');
}

/** @returns undefined without any of the flags */
export function readFirewallOptions({
  firewall,
  firewallBefore: before,
  firewallAfter: after,
  firewallRun: run,
  firewallEvery: every,
}: BesideOptions): FirewallOverrides | undefined {
  const commands = { before, after, run, every };
  const isSilent = firewall !== false && Object.values(commands).every((value) => value === undefined);
  return isSilent ? undefined : { asks: firewall !== false, ...commands };
}
