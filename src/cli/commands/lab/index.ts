import type { Command } from 'commander';
import type { Context } from '../../context.ts';
import { registerDown } from './down.ts';
import { registerExec } from './exec.ts';
import { registerList } from './list.ts';
import { registerRun } from './run.ts';
import { registerSwitch } from './switch.ts';
import { registerUp } from './up.ts';

export function registerLab(program: Command, context: Context): void {
  // "lab run" and "lab exec" pass on everything after their own arguments, including flags, so every command above them
  // must also take its flags before its subcommand.
  const lab = program
    .enablePositionalOptions()
    .command('lab')
    .description(
      'Build clients, a firewall with the misconfiguration you choose, and a far side out of network namespaces (Linux, root).',
    )
    .enablePositionalOptions()
    .addHelpText(
      'after',
      `
Examples:
  rushhour lab list
  rushhour lab run timewait-1s steady --rate 200/s --duration 1m
  rushhour lab run pre-answered closed-port --target tcp://{closed}
  rushhour lab up small-nat-pool:500 --set t=60s
  rushhour lab exec -- curl -s {target}
  rushhour lab switch timewait-60s
  rushhour lab down

See docs/lab.md for what each preset shows.`,
    );
  registerList(lab, context);
  registerUp(lab, context);
  registerSwitch(lab, context);
  registerExec(lab, context);
  registerRun(lab, context);
  registerDown(lab, context);
}
