/** The lab: network namespaces around a firewall that misbehaves on purpose. What the command line uses of it. */

export { describeFacts } from './addresses.ts';
export { requireLabHost } from './command.ts';
export { removeLab, removeLeftovers } from './down.ts';
export { enterLab, fillFacts, type LabCommand as Entered, runInLab } from './enter.ts';
export { findLab } from './find.ts';
export { ROOMS, type Room } from './lab.ts';
export type { ConfiguredPreset, Preset } from './preset.ts';
export { PRESETS, readPreset } from './presets/index.ts';
export { isAlive } from './process-id.ts';
export { type LabState, listLabs, STATE_DIR, StateFile } from './state.ts';
export { switchPreset } from './switch.ts';
export { bringUp } from './up.ts';
