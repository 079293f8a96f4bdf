// Reads a summary.json from standard input and says in a line what became of its attempts: node summary.mjs NAME [COUNT].
// Exit code 1 where an attempt did not end well, the verdict is a fail, or an arm has not as many as COUNT.
import { readFileSync } from 'node:fs';

const [name, count] = process.argv.slice(2);
const { run, verdict, arms } = JSON.parse(readFileSync(0, 'utf8'));
const all = Object.values(arms);
const sum = (field) => all.reduce((total, arm) => total + arm[field], 0);

const held =
  verdict.pass !== false &&
  sum('completed') > 0 &&
  all.every(({ outcomes, started }) => outcomes.ok === started) &&
  (!count || sum('completed') === Number(count));
// What limits the generator here is the emulator: no fault of rushhour's, and worth a word.
const doubt = verdict.generatorLimited ? ` without a verdict (${verdict.reasons.join('; ')})` : '';
process.stdout.write(
  `${name}: ${held ? 'passed' : 'FAILED'}${doubt}, ${run.engine} engine, ${sum('completed')} of ${sum('started')} completed, ` +
    `${sum('unsent')} unsent, outcomes ${JSON.stringify(all.map(({ outcomes }) => outcomes))}\n`,
);
process.exitCode = held ? 0 : 1;
