// A process that makes a lab and is killed: in the middle of building it, or once it is up. Arguments: which, state folder, none (what would clean up is killed, too).
import { setTimeout as sleep } from 'node:timers/promises';
import { bringUp, listLabs, readPreset } from '../../../dist/lab/index.js';

const [when, stateDir, heir] = process.argv.slice(2);
const die = () => {
  // Nobody is to take the lab away.
  if (heir === 'none') {
    for (const { role, pid } of listLabs(stateDir)[0].processes)
      if (role === 'reaper') process.kill(pid, 'SIGKILL');
  }
  process.kill(process.pid, 'SIGKILL');
};
const preset = readPreset('healthy');

// Once the first far end listens, the second does not yet.
const halfBuilt = { ...preset, disturb: async () => die(), apply: (lab) => preset.apply(lab) };
await bringUp(when === 'half-built' ? halfBuilt : preset, { lifetime: 'with-owner', stateDir });
if (when === 'up') die();
process.stdout.write('up\n');
await sleep(30_000);
