import { randomInt } from 'node:crypto';
import { requireLabHost } from './command.ts';
import { removeLab, removeLeftovers } from './down.ts';
import { startFarSide } from './far-side.ts';
import { Lab, namespaceName, ROOMS } from './lab.ts';
import type { ConfiguredPreset } from './preset.ts';
import { identifyProcess } from './process-id.ts';
import { startReaper } from './reaper/start.ts';
import { STATE_DIR, StateFile } from './state.ts';
import { buildTopology } from './topology.ts';

export interface UpOptions {
  /** `stay`: the lab outlives this process, until `down`. `with-owner`: it is removed with this process. */
  readonly lifetime: 'stay' | 'with-owner';
  /** A shell command that answers on the far side instead of the embedded far ends. */
  readonly farEndCommand?: string | undefined;
  readonly stateDir?: string;
}

/**
 * Builds a lab, after removing remains of orphaned ones. A lab that could not be built is removed again.
 * @returns its state on disk
 * @throws EnvironmentError if root, a tool, or a kernel feature is missing
 */
export async function bringUp(preset: ConfiguredPreset, options: UpOptions): Promise<StateFile> {
  requireLabHost();
  const stateDir = options.stateDir ?? STATE_DIR;
  await removeLeftovers(stateDir);
  const file = createState(stateDir, preset);
  try {
    const dismissReaper = startReaper(file, stateDir);
    await build(new Lab(file), preset, options.farEndCommand);
    file.change({ status: 'up', ...(options.lifetime === 'stay' ? { owner: null } : {}) });
    if (options.lifetime === 'stay') await dismissReaper();
    return file;
  } catch (error) {
    await removeLab(file);
    throw error;
  }
}

async function build(lab: Lab, preset: ConfiguredPreset, farEndCommand: string | undefined): Promise<void> {
  await buildTopology(lab);
  if (preset.timestamps === 'off') await lab.client.setSysctls({ 'net.ipv4.tcp_timestamps': 0 });
  await preset.apply(lab);
  await preset.disturb(lab, await startFarSide(lab, preset.farEnd, farEndCommand));
}

function createState(stateDir: string, preset: ConfiguredPreset): StateFile {
  for (;;) {
    const id = drawId();
    try {
      return StateFile.create(stateDir, {
        schema: 1,
        id,
        preset: preset.name,
        settings: preset.settings,
        clients: preset.clients,
        createdAt: new Date().toISOString(),
        status: 'building',
        owner: identifyProcess(process.pid) ?? null,
        namespaces: ROOMS.map((room) => namespaceName(id, room)),
        processes: [],
      });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

/** Without characters that are easily confused: 0 and o, 1 and l. */
const ALPHABET = 'abcdefghijkmnpqrstuvwxyz23456789';

function drawId(): string {
  return Array.from({ length: 4 }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
}
