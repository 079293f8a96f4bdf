import type { Frame } from '../../metrics/types.ts';
import { ClockWatch, type SessionClock } from './clocks.ts';
import type { FindRoute } from './find-interfaces.ts';
import { FramesWatch, type FrameTrouble } from './frames-watch.ts';
import {
  addressChanged,
  clockChanged,
  farEndMoved,
  farEndMovedUnfollowed,
  type HostEvent,
  linkFlapped,
  linkLost,
  type Span,
} from './host-event.ts';
import type { InUse } from './in-use.ts';
import { type LinkChange, LinkWatch } from './links.ts';
import { LinksFinder } from './links-finder.ts';
import { type NameChange, type NamesOptions, NamesWatch } from './names.ts';
import { type LinkReader, openLinks } from './read-links.ts';

export interface HostWatchOptions {
  readonly clock: SessionClock;
  /** @returns the event's id. If `toSec` is null, the event lasts until `onEnd`. */
  readonly onBegin: (hostEvent: HostEvent) => number;
  readonly onEnd: (id: number, toSec: number) => void;
  /**
   * The load needs another segment to continue as planned. Called after the event that explains it, once for all events
   * of a reading. Absent: there are no further segments.
   */
  readonly onNewSegment?: () => void;
  /** Whether the session is resumed, so that no start check has been made; default: true. */
  readonly isResumed?: boolean;
  /** A message that is not an event. */
  readonly onNote?: (text: string) => void;
  /** How the system is queried. */
  readonly system?: { readonly links?: LinkReader; readonly findRoute?: FindRoute } & NamesOptions;
}

const EVERY_MS = 1_000;

/**
 * Setting up another segment takes seconds: if there is none after this time, load has continued unchanged, and counts.
 */
const SWITCH_SEC = 60;

/** Notices events on this machine and on the path to the far end during a run or soak. */
export class HostWatch {
  readonly #options: HostWatchOptions;
  readonly #clocks: ClockWatch;
  readonly #reader: LinkReader;
  readonly #finder: LinksFinder;
  readonly #links = new LinkWatch();
  readonly #names: NamesWatch;
  readonly #frames = new FramesWatch();
  /** Ids of events that last; for moves, with the latest time at which they end. */
  readonly #downLinks = new Map<string, number>();
  readonly #troubles = new Map<FrameTrouble, number>();
  readonly #moves = new Map<number, number>();
  #lastSec: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: HostWatchOptions) {
    const { clock, system = {} } = options;
    this.#options = options;
    this.#lastSec = clock.seconds();
    this.#clocks = new ClockWatch(clock.clocks.read());
    this.#reader = system.links ?? openLinks();
    this.#finder = new LinksFinder(system.findRoute, options.isResumed ?? true);
    this.#names = new NamesWatch(system);
  }

  /** Checks once a second, from a timer that does not keep the process alive. */
  start(): void {
    const { onNote = () => {}, clock } = this.#options;
    if (!clock.clocks.countsSleep) onNote('this system does not report sleep: it will go unnoticed');
    if (!this.#reader.seesFlaps) {
      onNote('cannot watch the state of links here: an outage shorter than a second goes unnoticed');
    }
    this.check();
    this.#timer = setInterval(() => this.check(), EVERY_MS).unref();
  }

  /** A segment's load begins: from now on, what it depends on is watched instead of what the last one did. */
  use(inUse: InUse): void {
    this.#finder.use(inUse);
    const nowSec = this.#options.clock.seconds();
    // A name may have moved while the load restarted for another reason: the load then uses its new addresses already.
    for (const moved of this.#names.use(inUse.names)) {
      const hostEvent = farEndMoved({ what: 'far-end-moved', ...moved }, { lastSec: nowSec, nowSec });
      this.#begin({ ...hostEvent, toSec: Math.ceil(nowSec) });
    }
    this.#endMoves(Number.POSITIVE_INFINITY);
  }

  check(): void {
    const { clock } = this.#options;
    const nowSec = clock.seconds();
    const span = { lastSec: this.#lastSec, nowSec };
    this.#lastSec = nowSec;
    let isNewSegmentNeeded = false;
    for (const change of this.#clocks.check(clock.clocks.read())) {
      this.#begin(clockChanged(change, span));
      isNewSegmentNeeded ||= change.kind === 'suspended';
    }
    for (const change of this.#checkLinks(nowSec)) {
      this.#takeLink(change, span);
      isNewSegmentNeeded ||= change.what === 'address-changed' && change.vanished;
    }
    this.#endMoves(nowSec);
    for (const change of this.#names.check(nowSec)) {
      this.#takeName(change, span);
      isNewSegmentNeeded ||= change.what === 'far-end-moved';
    }
    if (isNewSegmentNeeded) this.#options.onNewSegment?.();
  }

  /** Receives every second of load, in order. */
  frame(frame: Frame): void {
    for (const change of this.#frames.check(frame)) {
      const { kind } = change;
      if (change.what === 'ended') {
        this.#end(this.#troubles, kind, change.toSec);
        continue;
      }
      const { fromSec, text } = change;
      this.#troubles.set(kind, this.#begin({ kind, fromSec, toSec: null, setsAside: false, text }));
    }
  }

  /** Stops watching, and ends every event that still lasts. */
  stop(): void {
    clearInterval(this.#timer);
    const toSec = Math.ceil(this.#options.clock.seconds());
    for (const name of this.#downLinks.keys()) this.#end(this.#downLinks, name, toSec);
    for (const kind of this.#troubles.keys()) this.#end(this.#troubles, kind, toSec);
    this.#endMoves(Number.POSITIVE_INFINITY);
  }

  #checkLinks(nowSec: number): LinkChange[] {
    const { found } = this.#finder;
    const reading = this.#reader.read(found?.interfaces ?? []);
    if (reading === undefined) return [];
    this.#finder.check(reading, nowSec);
    return found === undefined ? [] : this.#links.check(reading, found);
  }

  #takeLink(change: LinkChange, span: Span): void {
    switch (change.what) {
      case 'lost':
        this.#downLinks.set(change.name, this.#begin(linkLost(change.name, change.why, span)));
        return;
      case 'regained':
        this.#end(this.#downLinks, change.name, Math.ceil(span.nowSec));
        return;
      case 'flapped':
        this.#begin(linkFlapped(change.name, change.times, span));
        return;
      case 'address-changed':
        this.#begin(addressChanged(change, span));
    }
  }

  #takeName(change: NameChange, span: Span): void {
    const { onNote = () => {}, onNewSegment } = this.#options;
    switch (change.what) {
      case 'far-end-moved':
        if (onNewSegment === undefined) {
          this.#begin(farEndMovedUnfollowed(change, span));
          return;
        }
        this.#moves.set(this.#begin(farEndMoved(change, span)), span.nowSec + SWITCH_SEC);
        return;
      case 'resolver-failed':
        onNote(
          `${change.name} cannot be looked up (${change.why}): load continues to its last known addresses`,
        );
        return;
      case 'resolver-back':
        onNote(`${change.name} can be looked up again`);
    }
  }

  #begin(hostEvent: HostEvent): number {
    return this.#options.onBegin(hostEvent);
  }

  #end<K>(lasting: Map<K, number>, key: K, toSec: number): void {
    const id = lasting.get(key);
    lasting.delete(key);
    if (id !== undefined) this.#options.onEnd(id, toSec);
  }

  #endMoves(nowSec: number): void {
    for (const [id, untilSec] of this.#moves) {
      if (nowSec < untilSec) continue;
      this.#moves.delete(id);
      this.#options.onEnd(id, Math.ceil(this.#options.clock.seconds()));
    }
  }
}

export function createHostWatch(options: HostWatchOptions): HostWatch {
  return new HostWatch(options);
}
