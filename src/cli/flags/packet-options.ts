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
      'play hosts with these addresses, which nobody has: 10.1.0.0/22, or a list; needs --engine packet',
    )
    .option('--interface <name>', 'interface that packets leave by; needs --engine packet');
}
