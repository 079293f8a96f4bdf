import type { Command } from 'commander';
import type { FirewallOverrides } from '../../scenario/overrides.ts';

/** What is done beside the load: commands that ask the firewall, and pings. */
export interface BesideOptions {
  /** Text in each request. */
  readonly marker?: string;
  /** False: no ping beside the load. */
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
      'keep what this command prints of the firewall before the load, and after it',
    )
    .option('--firewall-after <command>', 'another command after the load')
    .option('--firewall-run <command>', 'keep what this one prints again and again during the load')
    .option('--firewall-every <time>', 'how often (default: 10s)')
    .option('--no-firewall', 'run none of the commands that a scenario has to ask the firewall')
    .option(
      '--marker <text>',
      'put this text into each request (X-Rushhour-Marker) and CONNECT, to be found in captures',
    )
    .option('--no-ping', 'send no ping a second to each endpoint beside the load');
}

/** @returns undefined where no flag says anything */
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
