import { createPortAllocator } from '../../../src/plan/ports/allocator.ts';
import type { PortAllocator, SourcePlan } from '../../../src/plan/ports/types.ts';
import { createRandomBelow } from '../../../src/random.ts';

export interface Drive {
  readonly plan: SourcePlan;
  readonly leases: number;
  /** Connections open at once. */
  readonly open: number;
  /** Time between leases. */
  readonly everyUs: number;
  /** One in so many is refused by the host and quarantined, one in so many held in TIME_WAIT. */
  readonly troubleEvery: number;
  readonly troubleUs: number;
}

export interface Driven {
  /** How many addresses and ports were leased at least once. */
  readonly used: number;
  /** Leases that broke a promise. */
  readonly leasedTwice: number;
  readonly tooEarly: number;
  readonly wrongAges: number;
  /** Ages of leases of an address and port used before, in order of time. */
  readonly agesUs: Float64Array;
}

/** A million leases take a moment only if checking takes next to nothing: promises are counted, and asserted once. */
export function drivePorts({ plan, leases, open, everyUs, troubleEvery, troubleUs }: Drive): Driven {
  const allocator: PortAllocator = createPortAllocator(plan, { index: 0, count: 1 });
  const restUs = plan.reuseExactlyUs ?? plan.reuseAfterUs;
  const random = createRandomBelow(99);
  const key = (source: number, port: number) => source * 65_536 + port;
  const isOpen = new Uint8Array(plan.sources * 65_536);
  const wasUsed = new Uint8Array(plan.sources * 65_536);
  const closedAtUs = new Float64Array(plan.sources * 65_536).fill(-1);
  const notBeforeUs = new Float64Array(plan.sources * 65_536);
  const portClosedAtUs = new Float64Array(65_536).fill(-1);
  const agesUs = new Float64Array(leases);
  const connections = new Int32Array(open);
  const counts = { used: 0, leasedTwice: 0, tooEarly: 0, wrongAges: 0, ages: 0 };
  let count = 0;
  let nowUs = 0;

  const endAny = () => {
    const place = random(count);
    const at = connections[place]!;
    connections[place] = connections[--count]!;
    const [source, port] = [at >>> 16, at & 65_535];
    isOpen[at] = 0;
    const trouble = random(troubleEvery);
    if (trouble === 0) {
      notBeforeUs[at] = nowUs + troubleUs;
      allocator.quarantine(source, port, nowUs + troubleUs);
      return;
    }
    const heldUntilUs = trouble === 1 ? nowUs + troubleUs : 0;
    closedAtUs[at] = portClosedAtUs[port] = nowUs;
    notBeforeUs[at] = Math.max(nowUs + restUs, heldUntilUs);
    allocator.release(source, port, nowUs, heldUntilUs);
  };

  for (let lease = 0; lease < leases; lease += 1) {
    nowUs += everyUs;
    if (count === open) endAny();
    while (!allocator.lease(nowUs)) {
      if (allocator.nextFreeAtUs <= nowUs) throw new Error('none free, and none to be waited for');
      nowUs = Math.min(allocator.nextFreeAtUs, nowUs + 1_000_000);
      if (count > 0) endAny();
    }
    const { source, port, sameTupleAgeUs, samePortAgeUs } = allocator;
    const at = key(source, port);
    if (isOpen[at] === 1) counts.leasedTwice += 1;
    if (nowUs < notBeforeUs[at]!) counts.tooEarly += 1;
    const ageUs = closedAtUs[at] === -1 ? -1 : nowUs - closedAtUs[at]!;
    const portAgeUs = portClosedAtUs[port] === -1 ? -1 : nowUs - portClosedAtUs[port]!;
    if (ageUs !== sameTupleAgeUs || portAgeUs !== samePortAgeUs) counts.wrongAges += 1;
    if (ageUs !== -1) agesUs[counts.ages++] = ageUs;
    if (wasUsed[at] === 0) counts.used += 1;
    wasUsed[at] = isOpen[at] = 1;
    connections[count++] = at;
  }
  return { ...counts, agesUs: agesUs.slice(0, counts.ages) };
}
