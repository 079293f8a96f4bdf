/**
 * Random faults during whole runs of a fleet: kills of probes, server and operator, cut and lossy links, connections that a
 * router forgets, messages that come twice. Says what of it was lost, doubled or sent beyond the plan. Needs root, nginx,
 * nft, conntrack and nats-server. What was done is kept in a file, and continued by the next call:
 *
 *   node bench/fleet-faults.mjs --faults 200 --seed 1 --minutes 8 --journal bench/fleet-faults.jsonl
 */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { briefly, gather, judge } from '../test/fleet/faults/checks.mjs';
import { drawFaults } from '../test/fleet/faults/draw.mjs';
import { befall } from '../test/fleet/faults/round.mjs';
import { withSite } from '../test/fleet/faults/site.mjs';

const PROBES = ['leeds', 'york', 'hull'];
/** A run that waits for what a router has forgotten takes as long, at the end. */
const LONGEST_ROUND_MS = 150_000;

const { values } = parseArgs({
  options: {
    faults: { type: 'string', default: '200' },
    'each-run': { type: 'string', default: '8' },
    seed: { type: 'string', default: '1' },
    minutes: { type: 'string', default: '8' },
    journal: { type: 'string', default: 'bench/fleet-faults.jsonl' },
  },
});
const within = (text, least, most) => Math.min(most, Math.max(least, Math.round(Number(text))));
const wanted = within(values.faults, 1, 10_000);
const eachRun = within(values['each-run'], 1, 30);
const seed = within(values.seed, 1, 1_000_000);
const endsMs = performance.now() + within(values.minutes, 1, 600) * 60_000;

const before = existsSync(values.journal)
  ? readFileSync(values.journal, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line))
      .filter((round) => round.seed === seed)
  : [];
const rounds = [...before];
const countFaults = () => rounds.reduce((sum, { faults }) => sum + faults.length, 0);

if (countFaults() < wanted) {
  await withSite(PROBES, async (site) => {
    while (
      countFaults() < wanted &&
      performance.now() + (rounds.length > before.length ? LONGEST_ROUND_MS : 0) < endsMs
    ) {
      const number = rounds.length;
      const drawn = drawFaults(seed * 100_000 + number, PROBES, Math.min(eachRun, wanted - countFaults()));
      console.log(`run ${number + 1}: ${drawn.map(({ kind }) => kind).join(', ')}`);
      const received = await befall(site, drawn, console.log);
      const facts = await gather(site, received);
      const failed = judge(facts);
      const round = {
        ...{ seed, number, id: facts.id, failed, pulls: facts.pulls, faults: facts.faults },
        parts: facts.parts.map(briefly),
      };
      appendFileSync(values.journal, `${JSON.stringify(round)}\n`);
      rounds.push(round);
      console.log(
        `  ${facts.parts.map(({ probe, outcome, sums }) => `${probe} ${outcome} ${sums.started}`).join(', ')}`,
      );
      for (const line of failed) console.log(`  FAILED ${line}`);
      await site.present();
    }
  });
}
const parts = rounds.flatMap((round) => round.parts);
const add = (of) => parts.reduce((sum, part) => sum + of(part), 0);
console.log({
  ...{ runs: rounds.length, faults: countFaults(), failed: rounds.flatMap(({ failed }) => failed).length },
  kinds: countBy(rounds.flatMap(({ faults }) => faults.map(({ kind }) => kind))),
  outcomes: countBy(parts.map(({ outcome }) => outcome)),
  runsReceivedByPull: rounds.filter(({ pulls }) => pulls > 0).length,
  seconds: add((part) => part.seconds),
  attempts: add(({ sums }) => sums.started),
  connectionsAtFarSide: add(({ opened }) => opened),
});
for (const line of rounds.flatMap(({ failed }) => failed)) console.log(line);
process.exitCode = rounds.some(({ failed }) => failed.length > 0) ? 3 : countFaults() < wanted ? 4 : 0;

function countBy(words) {
  const counts = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}
