/** The bench as a whole: the tools against one another, then what only rushhour is asked. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const HELP = `npm run bench              the tools in turn, then the sections: 30 minutes
npm run bench -- --quick   few and short turns of both: 4 minutes, to see that all of it works
npm run bench -- OPTIONS   the tools in turn only, with the options below

node bench/sections.mjs [--quick] [--repeat N] [--only scaling,size,lateness,memory,modes,neighbour,packet,pcap] [--history FILE]
     [--beside PROGRAM]    in the section neighbour: another build of rushhour to take turns with
`;
const QUICK_TURNS = '--rounds 2 --requests 10000 --tools rushhour,ab,wrk,floor,floor+info,floor+poll'.split(
  ' ',
);

function run(script, args) {
  const { status } = spawnSync(process.execPath, [join(import.meta.dirname, script), ...args], {
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(status ?? 1);
}

const given = process.argv.slice(2);
const isQuick = given.includes('--quick');
const turns = given.filter((word) => word !== '--quick');
if (turns.includes('--help')) console.log(HELP);
run('run.mjs', isQuick ? [...QUICK_TURNS, ...turns] : turns);
if (turns.length === 0) run('sections.mjs', isQuick ? ['--quick'] : []);
