// A process that makes a lab and is killed: in the middle of building it, or once it is up. Arguments: which, state folder.
import { setTimeout as sleep } from 'node:timers/promises';
import { bringUp, readPreset } from '../../../dist/lab/index.js';

const [when, stateDir] = process.argv.slice(2);
const die = () => process.kill(process.pid, 'SIGKILL');
const preset = readPreset('healthy');

// Once the first far end listens, the second does not yet.
const halfBuilt = { ...preset, disturb: async () => die(), apply: (lab) => preset.apply(lab) };
await bringUp(when === 'half-built' ? halfBuilt : preset, { lifetime: 'with-owner', stateDir });
if (when === 'up') die();
process.stdout.write('up\n');
await sleep(30_000);
