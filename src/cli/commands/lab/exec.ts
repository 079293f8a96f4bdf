import { type Command, Option } from 'commander';
import type { Room } from '../../../lab/index.ts';
import type { Context } from '../../context.ts';
import { withSignals } from './signals.ts';

export function registerExec(lab: Command, context: Context): void {
  lab
    .command('exec')
    .description('Run a command inside a lab, by default among the clients, and exit with its exit code.')
    .argument(
      '<command...>',
      'command and its arguments; {proxy}, {target} and other placeholders are replaced',
    )
    .option('--lab <id>', 'the lab (default: the newest)')
    .addOption(
      new Option('--in <room>', 'which namespace').choices(['client', 'fw', 'far']).default('client'),
    )
    .passThroughOptions()
    .addHelpText(
      'after',
      `
Examples:
  rushhour lab exec -- curl -s {target}
  rushhour lab exec --in fw -- conntrack -L
  rushhour lab exec -- rushhour run steady --proxy {proxy} --target {target}`,
    )
    .action(
      context.act(async (argv: string[], flags: { readonly lab?: string; readonly in: Room }) => {
        const { enterLab, fillFacts, findLab, requireLabHost, STATE_DIR } = await import(
          '../../../lab/index.ts'
        );
        requireLabHost();
        const state = findLab(STATE_DIR, flags.lab);
        return withSignals(context, ({ follow }) =>
          follow(enterLab(state, flags.in, fillFacts(argv, state.clients))),
        );
      }),
    );
}
