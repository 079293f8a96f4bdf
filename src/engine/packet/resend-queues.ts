/** Something to look at again, and when. */
interface Queue {
  readonly waitUs: number;
  slots: Int32Array;
  atUs: Float64Array;
  head: number;
  count: number;
}

const FIRST_ROOM = 1_024;

/**
 * When to resend packets unless they are answered. Each wait has its own queue, so that appending keeps it sorted.
 * Entries are never removed: most packets are answered, and when an entry is due, its time no longer equals the one
 * that the connection waits for.
 */
export class ResendQueues {
  readonly #queues: Queue[] = [];
  /** The earliest of all heads: every turn compares with it. */
  #soonestUs = Number.POSITIVE_INFINITY;

  get soonestUs(): number {
    return this.#soonestUs;
  }

  /** Schedules a slot to be looked at again. @returns when, for the connection to remember */
  add(slot: number, waitUs: number, nowUs: number): number {
    const queue = this.#queueOf(waitUs);
    if (queue.count === queue.slots.length) widen(queue);
    const { length } = queue.slots;
    let at = queue.head + queue.count;
    if (at >= length) at -= length;
    const dueUs = nowUs + waitUs;
    queue.slots[at] = slot;
    queue.atUs[at] = dueUs;
    queue.count += 1;
    if (dueUs < this.#soonestUs) this.#soonestUs = dueUs;
    return dueUs;
  }

  /** Takes out the slots that are due by now, in order, with the time of each. */
  expire(nowUs: number, handle: (slot: number, dueUs: number) => void): void {
    if (nowUs < this.#soonestUs) return;
    for (let index = 0; index < this.#queues.length; index += 1) {
      const queue = this.#queues[index]!;
      while (queue.count > 0 && queue.atUs[queue.head]! <= nowUs) {
        const slot = queue.slots[queue.head]!;
        const dueUs = queue.atUs[queue.head]!;
        queue.head += 1;
        if (queue.head === queue.slots.length) queue.head = 0;
        queue.count -= 1;
        handle(slot, dueUs);
      }
    }
    this.#soonestUs = Number.POSITIVE_INFINITY;
    for (const { count, atUs, head } of this.#queues) {
      if (count > 0 && atUs[head]! < this.#soonestUs) this.#soonestUs = atUs[head]!;
    }
  }

  #queueOf(waitUs: number): Queue {
    for (let index = 0; index < this.#queues.length; index += 1) {
      if (this.#queues[index]!.waitUs === waitUs) return this.#queues[index]!;
    }
    const queue: Queue = {
      waitUs,
      slots: new Int32Array(FIRST_ROOM),
      atUs: new Float64Array(FIRST_ROOM),
      head: 0,
      count: 0,
    };
    this.#queues.push(queue);
    return queue;
  }
}

function widen(queue: Queue): void {
  const { slots, atUs, head, count } = queue;
  queue.slots = new Int32Array(2 * slots.length);
  queue.atUs = new Float64Array(2 * slots.length);
  queue.slots.set(slots.subarray(head));
  queue.slots.set(slots.subarray(0, head), slots.length - head);
  queue.atUs.set(atUs.subarray(head));
  queue.atUs.set(atUs.subarray(0, head), slots.length - head);
  queue.head = 0;
  queue.count = count;
}
