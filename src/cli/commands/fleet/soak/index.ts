import type { Command } from 'commander';
import type { Context } from '../../../context.ts';
import { registerSoakInstall } from './install.ts';
import { registerSoakList } from './list.ts';
import { registerSoakRemove } from './remove.ts';

export function registerFleetSoak(fleet: Command, context: Context): void {
  const soak = fleet
    .command('soak')
    .description('Have probes run a soak every night by their own clocks, also while the server is away.')
    .addHelpText(
      'after',
      `
Examples:
  rushhour fleet soak install steady --on site=leeds --at 01:30 --for 5h --proxy proxy.example:3128 --target http://www.example.org/
  rushhour fleet soak ls
  rushhour fleet pull steady-k3f9
  rushhour fleet soak remove steady-k3f9

See docs/fleet.md.`,
    );
  registerSoakInstall(soak, context);
  registerSoakList(soak, context);
  registerSoakRemove(soak, context);
}
