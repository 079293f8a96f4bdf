import type { SessionEvent } from '../../store/session-events.ts';
import type { AddressesChanged } from './addresses.ts';
import type { ClockChange } from './clocks.ts';
import type { NameChange } from './names.ts';
import type { WhyDown } from './why-down.ts';

/** An event on this machine or on the path to the far end. Seconds are whole, by the session's clock. */
export type HostEvent = Omit<SessionEvent, 'id' | 'at'>;

/** From the last reading without a fault to the one that showed it. */
export interface Span {
  readonly lastSec: number;
  readonly nowSec: number;
}

/** The seconds that overlap a span; at least one. */
function secondsOf({ lastSec, nowSec }: Span): { fromSec: number; toSec: number } {
  const fromSec = Math.floor(lastSec);
  return { fromSec, toSec: Math.max(fromSec + 1, Math.ceil(nowSec)) };
}

export function clockChanged(change: ClockChange, span: Span): HostEvent {
  switch (change.kind) {
    case 'suspended':
      return {
        kind: 'suspended',
        ...secondsOf(span),
        setsAside: true,
        text: `this machine slept for ${change.forSec.toFixed(1)} s`,
      };
    case 'clock-stepped': {
      const way = change.bySec > 0 ? 'forward' : 'back';
      return {
        kind: 'clock-stepped',
        ...secondsOf(span),
        setsAside: false,
        text: `the wall clock was set ${way} by ${Math.abs(change.bySec).toFixed(1)} s; another clock numbers the seconds, so nothing is lost`,
      };
    }
  }
}

const LOST: Record<WhyDown, string> = {
  carrier: 'has lost its link',
  addresses: 'has lost all of its addresses',
  unknown: 'is down, has no address, or is gone',
};

export function linkLost(name: string, why: WhyDown, span: Span): HostEvent {
  return {
    kind: 'link-down',
    ...{ fromSec: Math.floor(span.lastSec), toSec: null, setsAside: true },
    text: `${name} ${LOST[why]}`,
  };
}

export function linkFlapped(name: string, times: number, span: Span): HostEvent {
  const often = times === 1 ? 'once' : `${times} times`;
  return {
    kind: 'link-down',
    ...secondsOf(span),
    setsAside: true,
    text: `${name} lost its link ${often}, for less than a second`,
  };
}

export function addressChanged(change: AddressesChanged, span: Span): HostEvent {
  return {
    kind: 'address-changed',
    ...secondsOf(span),
    setsAside: true,
    text: describeAddresses(change),
  };
}

function describeAddresses({ how, name, from, to }: AddressesChanged): string {
  switch (how) {
    case 'gone': {
      const instead = to.length === 0 ? 'which has no other address now' : `which now has ${list(to)}`;
      return `${list(from)} is gone from ${name}, ${instead}`;
    }
    case 'rerouted': {
      const before = from.length === 0 ? '' : `, no longer from ${list(from)}`;
      return `connections now come from ${list(to)} on ${name}${before}`;
    }
  }
}

/** Lasts until connections go to the new addresses. */
export function farEndMoved(
  { name, from, to }: Extract<NameChange, { what: 'far-end-moved' }>,
  { nowSec }: Span,
): HostEvent {
  return {
    kind: 'far-end-moved',
    ...{ fromSec: Math.floor(nowSec), toSec: null, setsAside: true },
    text: `${name} now resolves to ${list(to)}, no longer to ${list(from)}`,
  };
}

/** For a run, which keeps connecting to the addresses that it began with: the results still count. */
export function farEndMovedUnfollowed(
  change: Extract<NameChange, { what: 'far-end-moved' }>,
  span: Span,
): HostEvent {
  const moved = farEndMoved(change, span);
  return {
    ...moved,
    ...{ toSec: moved.fromSec + 1, setsAside: false },
    text: `${moved.text}; the run continues with the addresses that it started with`,
  };
}

/** A name may have dozens. */
const LISTED = 4;

function list(addresses: readonly string[]): string {
  const more = addresses.length - LISTED;
  return addresses.slice(0, LISTED).join(', ') + (more > 0 ? ` and ${more} more` : '');
}
