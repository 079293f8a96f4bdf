import { type Command, Option } from 'commander';
import type { Overrides } from '../../scenario/overrides.ts';
import { VIAS, type Via } from '../../scenario/words.ts';
import type { Host } from '../host.ts';
import { type AddressOptions, addAddressOptions } from './address-options.ts';
import { readAssignments } from './assignments.ts';
import { addTicketOptions } from './auth-flags.ts';
import { type BesideOptions, readFirewallOptions } from './beside-options.ts';
import { type ClientOption, clientOption } from './client-option.ts';
import { readUser } from './credentials.ts';
import { addPacketOptions, type PacketOptions } from './packet-options.ts';
import { collect } from './values.ts';

/** Flags that change a scenario; also for `doctor`. */
export interface OverrideOptions extends AddressOptions, ClientOption, PacketOptions {
  readonly proxy?: string;
  readonly target?: string;
  readonly via?: Via;
  readonly rate?: string;
  readonly duration?: string;
  readonly set?: string[];
  readonly proxyUser?: string;
  readonly keytab?: string;
  readonly principal?: string[];
  readonly service?: string;
}

/**
 * Converts the flags to overrides.
 * @throws UsageError if --proxy-user names no credentials, or --set names a file that cannot be read
 */
export function readOverrides(
  { proxyUser, set, ...flags }: OverrideOptions & BesideOptions,
  host: Host,
): Overrides {
  return {
    ...flags,
    firewall: readFirewallOptions(flags),
    ...(set === undefined ? {} : { set: readAssignments(set, host.cwd) }),
    ...(proxyUser === undefined ? {} : { proxyUser: readUser('--proxy-user', proxyUser, host) }),
  };
}

export function addOverrideOptions(command: Command): Command {
  command
    .option('-x, --proxy <host:port>', 'proxy for every arm without its own')
    .option('--target <url>', 'target for every arm without its own: http://, https:// or tcp://host:port')
    .addOption(new Option('--via <way>', 'how every arm connects').choices([...VIAS]))
    .addOption(clientOption('every arm without its own client imitates'))
    .option('--rate <rate>', 'set the scenario’s highest rate, others in proportion: 500, 2k/s, 30/min')
    .option('-t, --duration <time>', 'set the scenario’s length, phases in proportion: 60, 30s, 10m, 8h')
    .option(
      '--set <key=value>',
      'set any other key: arms.traffic.close=reset, or @file with one per line (repeatable)',
      collect,
    )
    .option('-U, --proxy-user <user:password>', 'Basic: credentials for the proxy; also env:NAME, @file');
  return addTicketOptions(addAddressOptions(addPacketOptions(command)));
}
