import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { TOOLS } from './tools.mjs';

/** Every count is bounded: a slip of the keyboard must not load a machine for hours. */
const BOUNDS = { rounds: [1, 50], requests: [100, 1_000_000], concurrency: [1, 1000] };

const USAGE = `Usage: npm run bench -- [options]

  --rounds N        how often each tool has its turn (default 5)
  --requests N      connections a turn (default 30000)
  --concurrency N   connections open at once (default 100)
  --tools a,b,c     of ${Object.keys(TOOLS).join(', ')} (default all)
  --json FILE       where the figures go (default bench/last.json)
  --help`;

/**
 * @param {string[]} args
 * @returns {{ rounds: number, requests: number, concurrency: number, tools: string[], json: string } | undefined}
 *   undefined where help was asked for or the options are wrong: both are told here.
 */
export function readOptions(args) {
  try {
    const { values } = parseArgs({
      args,
      options: {
        rounds: { type: 'string', default: '5' },
        requests: { type: 'string', default: '30000' },
        concurrency: { type: 'string', default: '100' },
        tools: { type: 'string', default: Object.keys(TOOLS).join(',') },
        json: { type: 'string', default: join(import.meta.dirname, 'last.json') },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) {
      console.log(USAGE);
      return undefined;
    }
    const [rounds, requests, concurrency] = Object.keys(BOUNDS).map((name) => readCount(name, values[name]));
    return { rounds, requests, concurrency, tools: readTools(values.tools), json: values.json };
  } catch (error) {
    console.error(`${error.message}\n\n${USAGE}`);
    process.exitCode = 2;
    return undefined;
  }
}

function readCount(name, text) {
  const [least, most] = BOUNDS[name];
  const count = Number(text);
  if (Number.isInteger(count) && count >= least && count <= most) return count;
  throw new Error(`--${name} takes a whole number from ${least} to ${most}, not "${text}"`);
}

function readTools(text) {
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !Object.hasOwn(TOOLS, name));
  if (unknown !== undefined)
    throw new Error(`--tools knows ${Object.keys(TOOLS).join(', ')}, not "${unknown}"`);
  return [...new Set(names)];
}
