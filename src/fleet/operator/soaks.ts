import type { Link } from '../connect.ts';
import { event, type KeptSoak, order, readMessage, type SoakOrder } from '../messages.ts';
import { ANY, PROTOCOL, STREAMS, SUBJECTS } from '../protocol.ts';
import { nameSoak, publishOrder, type SelectedProbe } from './order-run.ts';
import type { KnownProbe } from './read-probes.ts';
import { readStream } from './read-stream.ts';
import { sideBySide } from './side-by-side.ts';

export interface SoakRequest
  extends Pick<SoakOrder, 'scenario' | 'label' | 'at' | 'on' | 'forUs' | 'windowSec' | 'untilMs'> {
  readonly probes: readonly SelectedProbe[];
  /** Highest rate of all probes together, whose attempts they share; absent: each sends the whole load. */
  readonly ratePerSecTotal?: number;
}

/**
 * Has each of these probes keep a soak. One that is away is told once it is there again.
 * @returns its id
 */
export async function orderSoak(
  link: Link,
  { probes, ratePerSecTotal, scenario, ...asked }: SoakRequest,
): Promise<string> {
  const id = nameSoak(scenario.name);
  const count = ratePerSecTotal === undefined ? 1 : probes.length;
  const rate = ratePerSecTotal === undefined ? {} : { rate: `${ratePerSecTotal / count}/s` };
  await sideBySide(probes, ({ probe, labels }, index) =>
    publishOrder(
      link,
      probe,
      {
        ...{ v: PROTOCOL, kind: 'soak', fleetRun: id, labels },
        ...{ ...asked, scenario: { ...scenario, overrides: { ...scenario.overrides, ...rate } } },
        share: { index: count === 1 ? 0 : index, count },
      },
      `${id}.${probe}`,
    ),
  );
  return id;
}

/** Whoever keeps a soak, as it has told itself, or was asked to within what the server remembers. */
export async function findKeepers(link: Link, id: string, known: readonly KnownProbe[]): Promise<string[]> {
  const keepers = new Set(
    known.filter(({ soaks = [] }) => soaks.some((kept) => kept.id === id)).map(({ probe }) => probe),
  );
  await readStream(
    link,
    { stream: STREAMS.orders.name, filter: SUBJECTS.order(ANY, id) },
    ({ subject, data }) => {
      if (readMessage(order, data)?.kind === 'soak') keepers.add(subject.split('.')[2] ?? '');
    },
  );
  // Refused, or ended already: there is nothing to remove.
  await readStream(
    link,
    { stream: STREAMS.events.name, filter: SUBJECTS.event(ANY, id) },
    ({ subject, data }) => {
      const kind = readMessage(event, data)?.kind;
      if (kind === 'refused' || kind === 'ended') keepers.delete(subject.split('.')[2] ?? '');
    },
  );
  return [...keepers].sort();
}

/** Of a soak that nobody keeps: `refused by a, b; removed from c`; empty if it was never ordered, as far as the server remembers. */
export async function whyNotKept(link: Link, id: string): Promise<string> {
  let isSoak = false;
  const orders = { stream: STREAMS.orders.name, filter: SUBJECTS.order(ANY, id) };
  await readStream(link, orders, ({ data }) => {
    isSoak ||= readMessage(order, data)?.kind === 'soak';
  });
  if (!isSoak) return '';
  const [refused, removed] = [new Set<string>(), new Set<string>()];
  const events = { stream: STREAMS.events.name, filter: SUBJECTS.event(ANY, id) };
  await readStream(link, events, ({ subject, data }) => {
    const kind = readMessage(event, data)?.kind;
    const probe = subject.split('.')[2] ?? '';
    if (kind === 'refused') refused.add(probe);
    if (kind === 'ended') removed.add(probe);
  });
  const said = [
    ['refused by', refused],
    ['removed from', removed],
  ] as const;
  return said
    .flatMap(([words, probes]) => (probes.size === 0 ? [] : [`${words} ${[...probes].sort().join(', ')}`]))
    .join('; ');
}

/** The nights of a soak of which the server has anything, oldest first, and how many probes told of each. */
export async function findNights(link: Link, id: string): Promise<ReadonlyMap<string, number>> {
  const probes = new Map<string, Set<string>>();
  const all = { stream: STREAMS.events.name, filter: SUBJECTS.event(ANY, ANY) };
  await readStream(link, all, ({ subject, data }) => {
    const [, , probe = '', night = ''] = subject.split('.');
    // Nights are named after their soak: most messages need not be read.
    if (!night.endsWith(`-${id}`)) return;
    const told = readMessage(event, data);
    if (told === undefined || !('ofSoak' in told) || told.ofSoak?.soak !== id) return;
    probes.set(night, (probes.get(night) ?? new Set()).add(probe));
  });
  return new Map([...probes].sort(([a], [b]) => (a < b ? -1 : 1)).map(([night, { size }]) => [night, size]));
}

/** A soak as one probe keeps it. */
export interface ProbeSoak extends KeptSoak {
  readonly probe: string;
  readonly isPresent: boolean;
}

/** Every soak of every probe, soak by soak. */
export function listSoaks(known: readonly KnownProbe[]): ProbeSoak[] {
  return known
    .flatMap(({ probe, isPresent, soaks = [] }) => soaks.map((kept) => ({ ...kept, probe, isPresent })))
    .sort((a, b) => (a.id === b.id ? 0 : a.id < b.id ? -1 : 1));
}
