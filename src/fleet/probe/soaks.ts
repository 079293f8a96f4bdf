import { nextStart } from '../../service/schedule.ts';
import { type KeptSoak, MOST_SOAKS, REMOVED, type RunOrder, type SoakOrder } from '../messages.ts';
import type { RunOutbox } from '../outbox/run-outbox.ts';
import { PROTOCOL } from '../protocol.ts';

/** A night is offered so long before it begins: to judge it, and to prepare. Milliseconds. */
const AHEAD_MS = 30_000;
/** A probe that was just restarted, or was busy, begins it so late at most; later, it stays missed. Milliseconds. */
const LATE_MS = 60_000;
const SAID_LATER = 'its last night is over';

interface Kept {
  readonly run: RunOutbox;
  readonly order: SoakOrder;
  /** The night that was offered last. */
  night?: RunOrder;
}

export interface SoakKeeperOptions {
  /** Takes a night as if it had just been ordered, unless it was taken before. */
  readonly offer: (night: RunOrder) => Promise<void>;
  /** Ends a night that waits, or is under way; one that has ended stays so. */
  readonly stop: (fleetRun: string, how: 'drain' | 'abort') => void;
  readonly say: (line: string) => void;
}

/** The soaks that a probe keeps: each night is an order that it gives itself, by its own clock and its local time. */
export class SoakKeeper {
  readonly #options: SoakKeeperOptions;
  readonly #kept = new Map<string, Kept>();

  constructor(options: SoakKeeperOptions) {
    this.#options = options;
  }

  /** Why a soak cannot be kept, as a sentence; undefined if it can. */
  refusalOf(order: SoakOrder, nowMs: number): string | undefined {
    if (this.#kept.size >= MOST_SOAKS) return `it keeps ${MOST_SOAKS} soaks already: remove one first`;
    return nextNight(order, nowMs) === undefined
      ? 'no night of it is left, by the clock of the probe'
      : undefined;
  }

  keep(run: RunOutbox, order: SoakOrder): void {
    this.#kept.set(order.fleetRun, { run, order });
  }

  /** Forgets a soak, and ends a night of it. @returns false if it is not kept */
  async remove(id: string, how: 'drain' | 'abort'): Promise<boolean> {
    const kept = this.#kept.get(id);
    if (kept === undefined) return false;
    this.#kept.delete(id);
    if (kept.night !== undefined) this.#options.stop(kept.night.fleetRun, how);
    await this.#end(kept.run, REMOVED);
    return true;
  }

  /** Offers the nights that begin soon, and ends soaks of which none is left. */
  async look(nowMs: number): Promise<void> {
    for (const [id, kept] of this.#kept) {
      const startsAtMs = nextNight(kept.order, nowMs - LATE_MS);
      if (startsAtMs === undefined) {
        this.#kept.delete(id);
        await this.#end(kept.run, SAID_LATER);
        continue;
      }
      if (startsAtMs - nowMs > AHEAD_MS) continue;
      const night = nightOf(kept.order, startsAtMs);
      if (kept.night?.fleetRun === night.fleetRun) continue;
      await this.#options.offer(night);
      kept.night = night;
    }
  }

  /** A night that an earlier process began goes on. */
  goOn(night: RunOrder): void {
    const kept = this.#kept.get(night.soak?.id ?? '');
    if (kept !== undefined) kept.night = night;
  }

  /** What became of a night. */
  async note(night: RunOrder, became: string): Promise<void> {
    await this.#kept.get(night.soak?.id ?? '')?.run.noteNight(night.fleetRun, became);
  }

  list(nowMs: number): KeptSoak[] {
    return [...this.#kept.values()].map(({ run, order }) => {
      const { fleetRun: id, scenario, at, on, forUs, untilMs } = order;
      const next = nextNight(order, nowMs);
      return {
        ...{ id, scenario: scenario.name, at, on, forUs, untilMs },
        ...{ nextAtMs: next ?? null, last: run.lastNight ?? null },
      };
    });
  }

  async #end(run: RunOutbox, why: string): Promise<void> {
    const { fleetRun } = run;
    this.#options.say(`${fleetRun}: ${why}`);
    await run.addEvent({ v: PROTOCOL, kind: 'ended', fleetRun, status: 'complete', why });
    await run.finish();
  }
}

/** When the next night begins, milliseconds since 1970; undefined if there is none. @throws UsageError if its days are none */
export function nextNight(
  { at, on, untilMs }: Pick<SoakOrder, 'at' | 'on' | 'untilMs'>,
  afterMs: number,
): number | undefined {
  const startsAtMs = nextStart({ at, on }, afterMs).getTime();
  return startsAtMs > untilMs ? undefined : startsAtMs;
}

/** The order of a night, with an id by the day and time that all probes give it. */
export function nightOf(soak: SoakOrder, startsAtMs: number): RunOrder {
  const { scenario, share, label, at, labels, forUs, windowSec } = soak;
  const day = new Date(startsAtMs);
  const two = (value: number): string => String(value).padStart(2, '0');
  const date = `${day.getFullYear()}${two(day.getMonth() + 1)}${two(day.getDate())}`;
  return {
    ...{ v: PROTOCOL, kind: 'run', fleetRun: `${date}-${at.replace(':', '')}00-${soak.fleetRun}` },
    ...{ scenario, share, label, startsAtMs, expiresAtMs: startsAtMs + LATE_MS },
    soak: { id: soak.fleetRun, forUs, windowSec },
    agreed: { startsAtMs, offsetMs: 0, errorMs: 0, labels },
  };
}
