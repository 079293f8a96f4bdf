import type { OnDamaged } from '../../read/listing.ts';
import { escapeControls } from '../../render/escape.ts';
import { shownPath } from '../../scenario/shown-path.ts';
import type { DamagedExperiment } from '../../store/experiment-file.ts';
import type { Host } from '../host.ts';

/** Reports on stderr, once each, the folders that a command had to skip, in whole or in part. */
export function reportDamaged(host: Host): OnDamaged {
  const told = new Set<string>();
  return ({ dir, why }) => {
    if (told.has(dir)) return;
    told.add(dir);
    const text = why.startsWith(dir) ? why.slice(dir.length) : `: ${why}`;
    host.stderr.write(`rushhour: ${escapeControls(`${shownPath(dir, host.cwd)}${text}`)}\n`);
  };
}

/** Reports on stderr an experiment that cannot be read. */
export function reportDamagedExperiment(host: Host): (damaged: DamagedExperiment) => void {
  return ({ path, why }) => {
    const text = `${shownPath(path, host.cwd)} is damaged: ${why}`;
    host.stderr.write(`rushhour: ${escapeControls(text)}\n`);
  };
}
