import type { Command } from 'commander';
import { EXIT } from '../../../errors.ts';
import type { Context } from '../../context.ts';
import { collect } from '../../flags/values.ts';
import { describeLab } from './describe.ts';

interface SwitchFlags {
  readonly lab?: string;
  readonly set?: string[];
}

export function registerSwitch(lab: Command, context: Context): void {
  lab
    .command('switch')
    .description(
      'Switch the firewall of a running lab to another preset, like a change of its settings; for "experiment".',
    )
    .argument('<preset>', 'name, name:value or name:key=value,...; several with + between')
    .option('--lab <id>', 'the lab (default: the one in which this command runs, or the newest)')
    .option('--set <key=value>', 'a parameter of the preset (repeatable)', collect)
    .addHelpText(
      'after',
      `
Examples:
  rushhour lab switch timewait-60s
  rushhour lab exec -- rushhour experiment nat-recycle --proxy {proxy} --target {target} \\
    --a 'rushhour lab switch timewait-1s' --b 'rushhour lab switch timewait-60s' --settle 65s`,
    )
    .action(
      context.act(async (argument: string, { lab: id, set }: SwitchFlags) => {
        const { findLab, readPreset, requireLabHost, STATE_DIR, switchPreset } = await import(
          '../../../lab/index.ts'
        );
        const preset = readPreset(argument, set);
        requireLabHost();
        const { stdout, env } = context.host;
        const state = findLab(STATE_DIR, id ?? env['RUSHHOUR_LAB']);
        stdout.write(`${describeLab(await switchPreset(STATE_DIR, state, preset))}\n`);
        return EXIT.ok;
      }),
    );
}
