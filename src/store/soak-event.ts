/** What may happen to a night besides the load. */
const SOAK_EVENT_KINDS = [
  /** The soak began, or went on after its process had died: `text` says how. */
  'begun',
  'resumed',
  'ended',
  /** The load began again within a process, as another event made necessary: nothing was recorded meanwhile. */
  'restarted',
  /** This machine slept: seconds are missing. */
  'suspended',
  /** The wall clock was set; frames are numbered by a clock that was not. */
  'clock-stepped',
  /** An interface lost or regained its carrier, or an address of its own. */
  'link-down',
  'address-changed',
  /** The name of proxy or target leads elsewhere now. */
  'far-end-moved',
  /** The load could not be set up again yet: what it needs is missing. */
  'waiting',
  /** Tickets or passwords were missing: nothing could be sent. */
  'credentials',
  /** This machine could not open connections: descriptors, ports, memory. */
  'local-limit',
  'disk-full',
  'sink-away',
] as const;
export type SoakEventKind = (typeof SOAK_EVENT_KINDS)[number];

/** One line of events.jsonl. What lasts has a line at its beginning and another, of the same id, at its end. */
export interface SoakEvent {
  /** From 1, in the order of their beginnings. */
  readonly id: number;
  readonly kind: SoakEventKind;
  /** RFC 3339, UTC: by the wall clock at that moment. */
  readonly at: string;
  /** Seconds since the soak's start; where it began. */
  readonly fromSec: number;
  /** Where it ended, exclusive; null while it lasts. */
  readonly toSec: number | null;
  /** True: what was counted meanwhile says nothing about the firewall, and is set aside. */
  readonly setsAside: boolean;
  /** In words, for people. */
  readonly text: string;
}
