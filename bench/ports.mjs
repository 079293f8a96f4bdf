/** What a lease of a source port costs in each order, alone: no sockets, no clock. Needs `npm run build`. */
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createPortAllocator } from '../dist/plan/ports/allocator.js';
import { median } from './figures.mjs';

const PORTS = { from: 5_000, to: 64_999 };
/** Leased together and released together between two looks at the clock, which costs about as much as one lease. */
const BATCH = 64;
/** Of the caller's clock between two batches: 64,000 leases a second. */
const BATCH_US = 1_000;
const ROUNDS = 5;
/** Few enough that no collection falls between two readings of memory. */
const MEMORY_BATCHES = 1_000;

/** Orders and rests. A rest of half a second keeps 32,000 ports waiting: more than half of one address's. */
const PLANS = [
  ['sequential', {}],
  ['random', {}],
  ['mru', {}],
  ['lru', {}],
  ['sequential', { reuseAfterUs: 500_000 }],
  ['random', { reuseAfterUs: 500_000 }],
  ['mru', { reuseAfterUs: 500_000 }],
  ['lru', { reuseAfterUs: 500_000 }],
  ['random', { reuseExactlyUs: 500_000 }],
  // Rests of many lengths: what does not end in order has to be sorted.
  ['random', { reuseAfterUs: 250_000, quarantined: true }],
];

const { values } = parseArgs({ options: { leases: { type: 'string', default: '2000000' } } });
const leases = Math.min(100_000_000, Math.max(100_000, Number(values.leases)));

// Garbage has to be collected before memory is read, or growth would be chance.
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');

/** Leases and releases in batches, a thousand batches behind the leases, as connections take their time. */
function drive(plan, open, count) {
  const allocator = createPortAllocator(plan, { index: 0, count: 1 });
  const sources = new Int32Array(open);
  const ports = new Int32Array(open);
  let nowUs = 0;
  let place = 0;
  let leaseMs = 0;
  let releaseMs = 0;
  let leased = 0;
  const leaseBatch = (timed) => {
    const began = timed ? performance.now() : 0;
    for (let index = 0; index < BATCH; index += 1) {
      if (!allocator.lease(nowUs)) throw new Error(`no port free after ${leased} leases`);
      sources[place + index] = allocator.source;
      ports[place + index] = allocator.port;
    }
    if (timed) leaseMs += performance.now() - began;
    leased += BATCH;
  };
  const releaseBatch = (timed) => {
    const began = timed ? performance.now() : 0;
    for (let index = 0; index < BATCH; index += 1) {
      const heldUntilUs = plan.quarantined && index % 4 === 0 ? nowUs + 100_000 * (1 + (index % 7)) : 0;
      allocator.release(sources[place + index], ports[place + index], nowUs, heldUntilUs);
    }
    if (timed) releaseMs += performance.now() - began;
  };
  const run = (batches, timed) => {
    for (let batch = 0; batch < batches; batch += 1) {
      nowUs += BATCH_US;
      if (leased >= open) releaseBatch(timed);
      leaseBatch(timed);
      place = (place + BATCH) % open;
    }
  };
  // Once round all ports, and then some: so that every page has been touched and all code is compiled.
  run(Math.ceil((2 * allocator.size) / BATCH), true);
  leaseMs = releaseMs = 0;
  run(Math.ceil(count / BATCH), true);
  const timedLeases = Math.ceil(count / BATCH) * BATCH;
  // By itself, as reading the clock allocates; and often, as the compiler's work lands in some round or other.
  const bytes = Array.from({ length: 5 }, () => {
    collect();
    const before = process.memoryUsage();
    run(MEMORY_BATCHES, false);
    const after = process.memoryUsage();
    return after.heapUsed - before.heapUsed + after.arrayBuffers - before.arrayBuffers;
  });
  return {
    leaseNs: (leaseMs * 1e6) / timedLeases,
    releaseNs: (releaseMs * 1e6) / timedLeases,
    bytes: median(bytes) / (MEMORY_BATCHES * BATCH),
  };
}

const describe = (order, { reuseAfterUs, reuseExactlyUs, quarantined }) => {
  if (reuseExactlyUs !== undefined) return `${order}, again after exactly ${reuseExactlyUs / 1e6} s`;
  const rest = reuseAfterUs === undefined ? 'no rest' : `rest ${reuseAfterUs / 1e6} s`;
  return `${order}, ${rest}${quarantined ? ' and quarantines' : ''}`;
};

console.log(`${leases} leases a figure, median of ${ROUNDS}; ${PORTS.to - PORTS.from + 1} ports`);
console.log('addresses  ns/lease  ns/release  bytes/lease  plan');
for (const sources of [1, 10]) {
  for (const [order, more] of PLANS) {
    const plan = { sources, ports: [PORTS], order, reuseAfterUs: 0, ...more };
    const figures = Array.from({ length: ROUNDS }, () => drive(plan, 128 * BATCH, leases / ROUNDS));
    const of = (name, digits = 1) => median(figures.map((figure) => figure[name])).toFixed(digits);
    console.log(
      `${String(sources).padStart(9)}  ${of('leaseNs').padStart(8)}  ${of('releaseNs').padStart(10)}  ${of('bytes', 2).padStart(11)}  ${describe(order, more)}`,
    );
  }
}
