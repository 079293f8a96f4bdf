import { FirewallWatch } from '../evidence/firewall/firewall-watch.ts';
import { knownSecrets } from '../evidence/firewall/known-secrets.ts';
import type { Scenario } from '../scenario/types.ts';
import type { RunListener } from './types.ts';
import type { Undo } from './undo.ts';

/** Prepares to run the scenario's firewall commands; undefined if it has none. */
export function openFirewall(
  scenario: Scenario,
  listener: RunListener,
  undo: Undo,
): FirewallWatch | undefined {
  const { firewall: spec } = scenario;
  if (spec === undefined) return undefined;
  const watch = new FirewallWatch({
    ...{ spec, secrets: knownSecrets(scenario, process.env) },
    warn: (message) => listener.warning?.(message),
  });
  undo.push(() => watch.close());
  listener.asking?.(spec);
  return watch;
}
