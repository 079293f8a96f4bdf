/** The bench as a whole: the tools against one another, then what only rushhour is asked. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const given = process.argv.slice(2);
const quick = given.includes('--quick');
const turns = given.filter((word) => word !== '--quick');
const QUICK_TURNS = ['--rounds', '2', '--requests', '10000', '--tools', 'rushhour,ab,wrk,floor,floor+info'];

function run(script, args) {
  const { status } = spawnSync(process.execPath, [join(import.meta.dirname, script), ...args], {
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(status ?? 1);
}

run('run.mjs', quick ? [...QUICK_TURNS, ...turns] : turns);
if (!turns.includes('--help')) run('sections.mjs', quick ? ['--quick'] : []);
