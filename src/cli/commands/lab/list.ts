import type { Command } from 'commander';
import { EXIT } from '../../../errors.ts';
import type { Preset } from '../../../lab/index.ts';
import type { Context } from '../../context.ts';
import { describeLab } from './describe.ts';

export function registerList(lab: Command, context: Context): void {
  lab
    .command('list')
    .description(
      'List the presets (what each shows, what it mimics, its parameters) and the labs that are up.',
    )
    .option('--json', 'print both lists as JSON')
    .addHelpText('after', '\nExample:\n  rushhour lab list')
    .action(
      context.act(async ({ json }: { readonly json?: boolean }) => {
        const [{ listLabs, PRESETS, STATE_DIR }, { renderLabelled, wrapHanging }] = await Promise.all([
          import('../../../lab/index.ts'),
          import('../../../render/wrap.ts'),
        ]);
        const { stdout } = context.host;
        const labs = listLabs(STATE_DIR);
        if (json === true) {
          stdout.write(`${JSON.stringify({ presets: PRESETS.map(describePreset), labs }, null, 2)}\n`);
          return EXIT.ok;
        }
        for (const preset of PRESETS) {
          const { name, symptom, mimics, parameters } = describePreset(preset);
          const settings = parameters.map((parameter) => `${parameter.name}=${parameter.default}`).join(', ');
          const lines = [
            ['  shows', symptom],
            ['  mimics', mimics],
            ['  set', settings],
          ].flatMap(([label = '', text = '']) => renderLabelled(label, text, stdout.columns));
          stdout.write(`${[name, ...lines].join('\n')}\n\n`);
        }
        stdout.write(
          labs.length === 0
            ? 'No lab is up.\n'
            : labs
                .flatMap((state) => wrapHanging(describeLab(state), stdout.columns, 2))
                .map((line) => `${line}\n`)
                .join(''),
        );
        return EXIT.ok;
      }),
    );
}

function describePreset({ name, symptom, mimics, parameters }: Preset) {
  const described = Object.entries(parameters).map(([key, { help, range, fallback, format }]) => ({
    name: key,
    help,
    range,
    default: format(fallback),
  }));
  return { name, symptom, mimics, parameters: described };
}
