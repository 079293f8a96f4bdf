/**
 * What it costs to capture a run's handshakes beside it: the same load with and without, in turn, for two lengths of time, over a
 * cable (on loopback each packet would be there twice, and the far end's would count as the client's).
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { layCable } from './cable.mjs';
import { shareOutCpus } from './cpus.mjs';
import { median } from './figures.mjs';
import { measure } from './measure.mjs';

const USAGE = `Usage: node bench/near-capture.mjs [options]      (as root)

  --rate N      connections a second (default 1000)
  --short N     seconds of the short run (default 5)
  --long N      seconds of the long run (default 20)
  --rounds N    how often each has its turn (default 3)
`;

const OPTIONS = {
  rate: { type: 'string', default: '1000' },
  short: { type: 'string', default: '5' },
  long: { type: 'string', default: '20' },
  rounds: { type: 'string', default: '3' },
  help: { type: 'boolean', short: 'h', default: false },
};

const RUSHHOUR = join(import.meta.dirname, '..', 'bin', 'rushhour');
const MODES = ['off', 'on'];

function readOptions() {
  const { values } = parseArgs({ options: OPTIONS });
  if (values.help) return undefined;
  const whole = (name, least, most) => {
    const count = Number(values[name]);
    if (Number.isInteger(count) && count >= least && count <= most) return count;
    throw new Error(`--${name} takes a whole number from ${least} to ${most}, not "${values[name]}"`);
  };
  const seconds = { short: whole('short', 2, 100), long: whole('long', 3, 120) };
  if (seconds.long <= seconds.short) throw new Error('--long has to be longer than --short');
  return { ratePerSec: whole('rate', 1, 5_000), seconds, rounds: whole('rounds', 1, 50) };
}

/** One run. @returns what all its threads took, user and system, seconds */
async function run(mode, seconds, { ratePerSec, cable, scratch, cpu }) {
  const { userUs, systemUs, output } = await measure(
    [
      ...[
        ...cable.near,
        RUSHHOUR,
        'hit',
        `http://${cable.address}/`,
        '--rate',
        `${ratePerSec}/s`,
        '-t',
        String(seconds),
        '--workers',
        '1',
      ],
      ...['--capture', mode, '--no-ping', '--results', scratch, '--json', '--quiet'],
    ],
    { cpu, scratch },
  );
  const { established } = JSON.parse(output).arms.hit;
  if (!(established > 0.99 * ratePerSec * seconds))
    throw new Error(`${established} of ${ratePerSec * seconds} connections were established`);
  return { userSec: userUs / 1e6, systemSec: systemUs / 1e6 };
}

const percent = (share) => `${(100 * share).toFixed(2)} %`;

/** What a second of load takes of a core: what the long run took more than the short one. */
function slopeOf({ short, long }, seconds, figure) {
  return (long[figure] - short[figure]) / (seconds.long - seconds.short);
}

async function main() {
  const options = readOptions();
  if (options === undefined) return void process.stdout.write(USAGE);
  const { seconds, rounds } = options;
  const cpus = shareOutCpus();
  const cable = await layCable(cpus);
  const scratch = await mkdtemp(join(tmpdir(), 'rushhour-bench-near-'));
  const where = { ...options, cable, scratch, cpu: cpus.client };
  const turns = Object.fromEntries(MODES.map((mode) => [mode, []]));
  try {
    await run('on', seconds.short, where);
    for (let round = 1; round <= rounds; round += 1)
      for (const mode of round % 2 === 0 ? MODES.toReversed() : MODES) {
        const turn = {
          short: await run(mode, seconds.short, where),
          long: await run(mode, seconds.long, where),
        };
        turns[mode].push(turn);
        const [user, system] = ['userSec', 'systemSec'].map((figure) => slopeOf(turn, seconds, figure));
        process.stdout.write(
          `round ${round}  capture ${mode.padEnd(3)}  ${percent(user + system)} of a core (user ${percent(user)}, system ${percent(system)})\n`,
        );
      }
  } finally {
    await cable.stop();
    await rm(scratch, { recursive: true, force: true });
  }
  /** Of each round, what capturing took more. */
  const more = (figureOf) =>
    median(turns.on.map((turn, round) => figureOf(turn) - figureOf(turns.off[round])));
  const slope = (figure) => (turn) => slopeOf(turn, seconds, figure);
  const [user, system] = ['userSec', 'systemSec'].map((figure) => more(slope(figure)));
  // Not the sum of both: medians do not add up, and the kernel may count the same time as either.
  const both = more((turn) => slopeOf(turn, seconds, 'userSec') + slopeOf(turn, seconds, 'systemSec'));
  const startUpSec = more(
    ({ short, long }) =>
      short.userSec +
      short.systemSec -
      seconds.short *
        (slopeOf({ short, long }, seconds, 'userSec') + slopeOf({ short, long }, seconds, 'systemSec')),
  );
  process.stdout.write(
    `medians of ${rounds}: capturing takes ${percent(both)} of a core more at ${options.ratePerSec}/s ` +
      `(user ${percent(user)}, system ${percent(system)}), ${((both / options.ratePerSec) * 1e6).toFixed(1)} us a connection; ` +
      `and once ${(startUpSec * 1e3).toFixed(0)} ms for start and end\n`,
  );
}

await main();
