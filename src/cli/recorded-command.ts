import { secretsOf } from '../scenario/secret-places.ts';
import type { Scenario } from '../scenario/types.ts';
import { redactCommand } from './command-line.ts';

/** The command line as a run keeps it, redacted by the scenario that it came to. */
export async function recordedCommand(args: readonly string[], scenario: Scenario): Promise<string[]> {
  const secrets = secretsOf(scenario);
  // Reading YAML takes a tenth of the start; most command lines have none.
  if (!args.some((arg) => arg.startsWith('--set'))) return redactCommand(args, { secrets });
  const { readYamlValue } = await import('../scenario/yaml-value.ts');
  return redactCommand(args, { readYaml: readYamlValue, secrets });
}
