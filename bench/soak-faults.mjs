/** Lets everything happen to a soak that may happen to a probe, and tells what it recorded in spite of it. Needs root. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isDeepStrictEqual, parseArgs } from 'node:util';
import { CHECKS, figuresOf, gather } from '../test/session/faults/checks.mjs';
import { befall, endTwice, PLANS } from '../test/session/faults/script.mjs';
import { findLeftovers, withSite } from '../test/session/faults/site.mjs';

const USAGE = `Usage: node bench/soak-faults.mjs [options]

  --long               ten kills, each while something else happens, and the sink away for five minutes
  --seed N             of what is left to chance (default: another each time)
  --database-down N    seconds that the sink is away, 20 to 3600
  --kills N            how often it is killed, 1 to 100
  --json FILE          the figures, for scripts
`;

const OPTIONS = {
  long: { type: 'boolean', default: false },
  seed: { type: 'string' },
  'database-down': { type: 'string' },
  kills: { type: 'string' },
  json: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
};

const within = (text, least, most) => Math.min(most, Math.max(least, Number(text)));

function readPlan(values) {
  const plan = PLANS[values.long ? 'long' : 'short'];
  return {
    ...plan,
    databaseDownSec: within(values['database-down'] ?? plan.databaseDownSec, 20, 3_600),
    kills: within(values.kills ?? plan.kills, 1, 100),
  };
}

async function main() {
  const { values } = parseArgs({ options: OPTIONS });
  if (values.help) return console.log(USAGE);
  const seed = Number(values.seed ?? Date.now() % 1_000_000);
  const startedMs = performance.now();
  const say = (text) =>
    console.log(`${((performance.now() - startedMs) / 1_000).toFixed(0).padStart(5)} s  ${text}`);
  say(`seed ${seed}`);
  const { results, figures, said } = await withSite(async (site) => {
    const facts = await befall(site, readPlan(values), seed, say);
    const night = await gather(facts, await site.farEnd('tell'));
    const results = CHECKS.map(([title, check]) => ({ title, ...check(night) }));
    const { exitCode } = await endTwice(site);
    results.push({ title: 'a second signal ends it at once', found: exitCode, wanted: 130 });
    return { results, figures: { seed, ...figuresOf(night) }, said: facts.said };
  });
  results.push({ title: 'nothing is left behind', found: await findLeftovers(), wanted: [] });
  console.log(figures);
  const failed = results.filter(({ found, wanted }) => !isDeepStrictEqual(found, wanted));
  for (const { title } of results)
    console.log(`${failed.some((one) => one.title === title) ? 'FAILED' : 'ok    '}  ${title}`);
  for (const { title, found, wanted } of failed) console.log(`\n${title}\n`, { found, wanted });
  if (failed.length > 0) console.log(`\nwhat it said:\n${said}`);
  if (values.json !== undefined) {
    await mkdir(dirname(values.json), { recursive: true });
    await writeFile(values.json, `${JSON.stringify(figures, null, 2)}\n`);
  }
  process.exitCode = failed.length > 0 ? 1 : 0;
}

await main();
