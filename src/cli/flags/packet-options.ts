import type { Command } from 'commander';

/** Where the packets of the packet engine come from. */
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
