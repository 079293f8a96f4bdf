import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';

export const USAGE = `Usage: npm run confusion -- [options]

Tries the diagnosis on a real kernel: every preset of the lab, and every pair of two that go together, with settings
drawn by chance, and says how often it named the cause. Needs Linux and root, and takes minutes for each cell; it can be
ended at any time, and goes on with what is missing when it is started again. Removes its labs however it ends.

  --seeds N          draws of each cell (default: 20)
  --first-seed N     the first of them (default: 1)
  --jobs N           labs at once (default: 3)
  --sides SIDES      near, both, or all: evidence of this side alone, or of the far side as well (default: all)
  --session KIND     adaptive: "rushhour run diagnose", which chooses its arms; fixed: for each preset the scenario that
                     shows its fault; exhaustive: as adaptive, but with every kind of arm, for the attempts
                     that a choice saves (default: adaptive)
  --only NAME,...    these presets, or pairs such as random-loss+latency
  --singles          no pairs
  --pairs            pairs alone
  --busy N           beside so many busy processes (default: 0)
  --minutes N        start no cell after so many minutes
  --journal FILE     a line of JSON for each cell (default: results/confusion.jsonl)
  --keep DIR         keep the records of each run, without its captures, for "rushhour diagnose DIR/CELL"
  --list             say which cells there are, and which pairs cannot be combined
  --table            print the table of what is in the journal, and try nothing
  --write-docs       put the table into docs/diagnosis.md
  --help

Examples:
  npm run confusion -- --seeds 2 --singles
  npm run confusion -- --only syn-rate-limit,table-limit --sides near
  npm run confusion -- --seeds 3 --singles --busy 3
  npm run confusion -- --seeds 1 --singles --session exhaustive
  npm run confusion -- --table --write-docs

Exit codes: 0 all targets met; 2 wrong options; 3 a target missed; 5 not root, or a tool is missing; 130 interrupted.
`;

const OPTIONS = {
  seeds: { type: 'string', default: '20' },
  'first-seed': { type: 'string', default: '1' },
  jobs: { type: 'string', default: '3' },
  sides: { type: 'string', default: 'all' },
  session: { type: 'string', default: 'adaptive' },
  only: { type: 'string' },
  singles: { type: 'boolean', default: false },
  pairs: { type: 'boolean', default: false },
  busy: { type: 'string', default: '0' },
  minutes: { type: 'string', default: '10000' },
  journal: { type: 'string', default: 'results/confusion.jsonl' },
  keep: { type: 'string' },
  list: { type: 'boolean', default: false },
  table: { type: 'boolean', default: false },
  'write-docs': { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
};

const SIDES = { near: ['near'], both: ['both'], all: ['both', 'near'] };

/**
 * @param {readonly string[]} argv
 * @throws {Error} in words for users, if an option is unknown or out of range
 */
export function readOptions(argv) {
  const { values } = parseArgs({ args: [...argv], options: OPTIONS, strict: true });
  const number = (name, least, most) => {
    const value = Number(values[name]);
    if (Number.isInteger(value) && value >= least && value <= most) return value;
    throw new Error(`--${name} ${values[name]}: a whole number from ${least} to ${most} is wanted.`);
  };
  const oneOf = (name, choices) => {
    if (choices.includes(values[name])) return values[name];
    throw new Error(`--${name} ${values[name]}: it is ${choices.join(' or ')}.`);
  };
  if (values.singles && values.pairs)
    throw new Error('--singles and --pairs leave nothing to try: give one.');
  const only = values.only?.split(',').map((label) => label.split('+').sort().join('+'));
  return {
    ...values,
    seeds: number('seeds', 1, 10_000),
    firstSeed: number('first-seed', 1, 1_000_000),
    jobs: number('jobs', 1, 16 * availableParallelism()),
    busy: number('busy', 0, 64),
    minutes: number('minutes', 0, 100_000),
    sides: SIDES[oneOf('sides', Object.keys(SIDES))],
    session: oneOf('session', ['adaptive', 'fixed', 'exhaustive']),
    wants: (label, isPair) =>
      (only === undefined || only.includes(label.split('+').sort().join('+'))) &&
      !(values.singles && isPair) &&
      !(values.pairs && !isPair),
  };
}
