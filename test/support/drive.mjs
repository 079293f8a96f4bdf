import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { tickerOf } from '../../dist/net/ticker.js';

/** Longest that a drive may take before it is a fault: every case settles by its own timeouts well before. */
const LIMIT_MS = 30_000;

export async function drive(create, plan) {
  const records = [];
  const established = [];
  const faults = [];
  const states = new Map();
  const originUs = Math.floor(performance.now() * 1_000);
  const clock = () => Math.floor(performance.now() * 1_000) - originUs;

  const enter = (what, record, allowed) => {
    const key = `${record.arm}/${record.attempt}`;
    const state = states.get(key);
    if (!allowed.includes(state)) faults.push(`attempt ${key} ${what} when ${state ?? 'never started'}`);
    states.set(key, what);
  };
  const observer = {
    established(record) {
      enter('established', record, ['started']);
      established.push({ ...record });
    },
    settled(record) {
      enter('settled', record, ['started', 'established']);
      records.push({ ...record });
    },
  };

  const engine = create({
    arms: plan.arms,
    observer,
    clock: tickerOf(clock),
    maxOpen: plan.maxOpen ?? plan.starts.length,
  });
  const concurrency = plan.concurrency ?? plan.starts.length;
  let begun = 0;
  const startNext = () => {
    const { arm = 0, source = -1, sourcePort = 0, isContinued = false } = plan.starts[begun];
    states.set(`${arm}/${begun}`, 'started');
    const attempt = begun++;
    engine.start(arm, attempt, { intendedAtUs: clock() }, source, sourcePort, isContinued);
  };

  const deadlineMs = performance.now() + (plan.limitMs ?? LIMIT_MS);
  while (records.length < plan.starts.length) {
    while (begun < plan.starts.length && engine.open < concurrency) startNext();
    engine.poll(1_000);
    plan.onTurn?.(engine, { begun, established, records });
    // Where the engine does not wait, the driver must not spin.
    await (engine.polls ? nextTurn() : sleep(1));
    if (performance.now() > deadlineMs) {
      faults.push(`${plan.starts.length - records.length} attempts never settled`);
      engine.abort();
      break;
    }
  }
  // A second callback for an attempt would come on a later turn.
  for (let turn = 0; turn < 3; turn += 1) {
    engine.poll(0);
    await nextTurn();
  }
  if (engine.open !== 0) faults.push(`${engine.open} attempts still open`);
  engine.close();
  records.sort((a, b) => a.attempt - b.attempt);
  faults.push(...records.flatMap(listDisorder));
  return { records, established, faults, readsTcpInfo: engine.readsTcpInfo };
}

/** Orders of times: a tunnel's proxy asks before it opens the tunnel, an origin behind one asks later. */
const ORDERS = [
  ['intended', 'started', 'established', 'challenged', 'firstByte', 'responded', 'ended'],
  ['established', 'tunnelled', 'secured', 'firstByte'],
];

/** Times are in order as far as they happened; the engine's `-1` means that they did not. */
function listDisorder(record) {
  return ORDERS.flatMap((names) => listDisorderIn(record, names));
}

function listDisorderIn(record, names) {
  const times = names.map((name) => [name, record[`${name}AtUs`]]).filter(([, at]) => at !== -1);
  return times
    .slice(1)
    .filter(([, at], index) => !(at >= times[index][1]))
    .map(([name, at]) => `attempt ${record.attempt}: ${name} at ${at} is before what precedes it`);
}
