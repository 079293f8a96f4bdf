import { UsageError } from '../errors.ts';
import { AND } from './combine.ts';
import { clearFirewall } from './firewall.ts';
import { Lab } from './lab.ts';
import type { ConfiguredPreset } from './preset.ts';
import { PRESETS } from './presets/index.ts';
import { type LabState, StateFile } from './state.ts';

/**
 * Replaces the firewall rules of a running lab, like a change of settings: clients and far side stay as they are,
 * including their TIME_WAITs, and NAT remembers its ports.
 * @throws UsageError if one of the two presets consists of more than rules, or clients would have to change
 */
export async function switchPreset(
  stateDir: string,
  state: LabState,
  preset: ConfiguredPreset,
): Promise<LabState> {
  const ofRules = PRESETS.filter(({ isRulesAlone }) => isRulesAlone).map(({ name }) => name);
  for (const name of [state.preset, preset.name].flatMap((names) => names.split(AND))) {
    if (!ofRules.includes(name)) {
      throw new UsageError(`Preset ${name} is more than firewall rules: a lab cannot switch to or from it.`, {
        hint: `you can switch between: ${ofRules.join(', ')}`,
      });
    }
  }
  const settings: Readonly<Record<string, string>> = preset.settings;
  for (const key of ['clients', 'timestamps']) {
    if (settings[key] === state.settings[key]) continue;
    throw new UsageError(
      `Lab ${state.id} was built with ${key}=${state.settings[key]}, but ${preset.name} would use ${key}=${settings[key]}.`,
      { hint: `${preset.name}:${key}=${state.settings[key]} keeps the clients as they are` },
    );
  }
  const file = StateFile.open(stateDir, state);
  const lab = new Lab(file);
  await clearFirewall(lab);
  await preset.apply(lab);
  file.change({ preset: preset.name, settings });
  return file.state;
}
