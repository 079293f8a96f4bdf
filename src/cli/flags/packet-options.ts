import type { Command } from 'commander';

/** Source of the packet engine's packets. */
export interface PacketOptions {
  readonly emulate?: string;
  readonly interface?: string;
}

export function addPacketOptions(command: Command): Command {
  return command
    .option(
      '--emulate <addresses>',
      'emulate hosts with these unused addresses: 10.1.0.0/22, or a list; needs --engine packet',
    )
    .option('--interface <name>', 'interface to send packets from; needs --engine packet');
}
