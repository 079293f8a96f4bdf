import type { Command } from 'commander';
import type { Context } from '../../context.ts';
import { registerEnroll } from './enroll.ts';
import { registerFollow } from './follow.ts';
import { registerList } from './list.ts';
import { registerPull } from './pull.ts';
import { registerRemove } from './remove.ts';
import { registerRevoke } from './revoke.ts';
import { registerRun } from './run.ts';
import { registerFleetSoak } from './soak/index.ts';
import { registerStop } from './stop.ts';
import { registerUp } from './up.ts';

export function registerFleet(program: Command, context: Context): void {
  const fleet = program
    .command('fleet')
    .description('Run a scenario from many probes at the same second, and receive what they record.')
    .addHelpText(
      'after',
      `
Examples:
  rushhour fleet up --probe leeds-1 --probe york-1
  rushhour fleet enroll leeds-2
  rushhour fleet ls
  rushhour fleet run steady --on site=leeds --proxy proxy.example:3128 --target http://www.example.org/
  rushhour fleet run steady --at 02:00 --no-follow --proxy proxy.example:3128 --target http://www.example.org/
  rushhour fleet follow 20250131-020000-steady-k3f9
  rushhour fleet stop 20250131-020000-steady-k3f9
  rushhour fleet pull 20250131-060000-steady-k3f9
  rushhour fleet rm 20250131-060000-steady-k3f9
  rushhour fleet soak install steady --at 01:30 --for 5h --proxy proxy.example:3128 --target http://www.example.org/

See docs/fleet.md.`,
    );
  registerUp(fleet, context);
  registerEnroll(fleet, context);
  registerRevoke(fleet, context);
  registerList(fleet, context);
  registerRun(fleet, context);
  registerFollow(fleet, context);
  registerStop(fleet, context);
  registerPull(fleet, context);
  registerRemove(fleet, context);
  registerFleetSoak(fleet, context);
}
