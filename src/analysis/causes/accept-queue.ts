import type { Observations, Symptom } from '../observations/types.ts';
import { wilsonInterval } from '../wilson.ts';
import { describeClosedAlike } from './clean-arms.ts';
import { besideOf } from './cuts.ts';
import { contradicts, decides, expectSilence, judgeFates, NOTHING, supports } from './judgements.ts';
import { COPIES } from './own-drops.ts';
import { resetsByTtl } from './refusals.ts';
import { describeCounting } from './room.ts';
import { allStalls, countOverflows, explainedOtherwise, isOfThatQueue, nothingPassed } from './shared.ts';
import type { Cause, Judgement } from './types.ts';
import { describeUntaken } from './untaken.ts';

/** From this share of the stalls on, the queue accounts for them: SYNs that are sent again meet it again, and count again. */
const ENOUGH = 0.8;

const ENDS: ReadonlySet<Symptom['kind']> = new Set(['broken', 'cut']);

/** Waits that no path and no prompt server explain. */
const LATE_US = 150_000;

export const acceptQueue = {
  id: 'accept-queue',
  name: 'a far end that is overloaded, whose queue of new connections is full',
  explains: ['stalled', 'late', 'broken', 'cut'],
  predicts:
    'stalls in all arms to that port, whatever the source; some that are established wait long for their first byte; the far end counts ListenOverflows',
  scope: {
    ...{ port: 'either', host: 'either', source: 'alike', client: 'alike' },
    ...{ mss: 'alike', dscp: 'alike', close: 'alike', ports: 'alike' },
  },
  judge: (symptom, seen) => [
    ...judgeCounters(symptom, seen),
    ...judgeUntaken(symptom, seen),
    ...(ENDS.has(symptom.kind) ? judgeEnds(symptom, seen) : judgeWaits(symptom)),
    ...(symptom.kind === 'stalled' ? judgeStalls(symptom, seen) : []),
    ...(symptom.kind === 'late' ? judgeLate(symptom, seen) : []),
  ],
  decidedBy: [
    {
      text: "the far end's counters before and after the load",
      command: 'nstat -az TcpExtListenOverflows TcpExtListenDrops   (on the far end)',
    },
    {
      text: 'a capture at the far end, by rushhour peer or tcpdump',
      command: 'rushhour run SCENARIO --peer FARHOST:PORT ...',
    },
  ],
  next: [
    {
      text: 'at the far end: more workers, a longer listen backlog (net.core.somaxconn and what the program asks for), more descriptors',
    },
  ],
  proof: 'ListenOverflows at the far end grows by as many as handshakes stall',
  source: 'net/ipv4/tcp_ipv4.c (tcp_conn_request), listen(2); measured on Linux 6.18',
} as const satisfies Cause;

/**
 * Whoever thinks that it is connected, and whose last ACK found the queue full, is reset by the far end itself once that has forgotten its
 * SYN: before an answer, or as something is sent. Without its counters nothing tells that from any other end.
 */
function judgeEnds(symptom: Symptom, seen: Observations): Judgement[] {
  const resets = resetsByTtl(symptom);
  if (resets?.kind === 'other') return contradicts(resets.text);
  if ((countOverflows(seen) ?? 0) === 0 && describeUntaken(symptom, seen) === undefined)
    return contradicts(
      'neither a counter of the far end nor requests that it left unacknowledged tell of a full queue',
    );
  return NOTHING;
}

function judgeCounters(symptom: Symptom, seen: Observations): Judgement[] {
  const { kind } = symptom;
  const overflows = countOverflows(seen);
  if (overflows === undefined) return NOTHING;
  const stalls = allStalls(seen);
  const text = `the far end counted ${overflows} SYNs and ACKs that found its queue full, for ${stalls} stalls`;
  if (overflows === 0) return contradicts(`${text}`);
  return kind === 'stalled' &&
    isOfThatQueue(symptom, seen) &&
    overflows >= stalls * ENOUGH &&
    overflows <= stalls * COPIES
    ? decides(text)
    : supports(text);
}

function judgeUntaken(symptom: Symptom, seen: Observations): Judgement[] {
  const untaken = ENDS.has(symptom.kind) ? undefined : describeUntaken(symptom, seen);
  return untaken === undefined ? NOTHING : decides(untaken);
}

/** Where a queue is full for long, who gets into it waits until its turn comes. */
function judgeWaits({ arm, kind }: Symptom): Judgement[] {
  const { firstByteUs, handshakeUs } = arm.summary.service;
  if (firstByteUs.count === 0) return NOTHING;
  const { plateau } = arm;
  const waitUs = Math.max(firstByteUs.p50 - handshakeUs.p50, firstByteUs.p90 - handshakeUs.p90);
  if (plateau !== undefined && waitUs < 1_000_000 / plateau.establishedPerSec)
    return contradicts(
      `first bytes came ${ms(waitUs)} after the handshake (nine in ten): behind a full queue, at ${plateau.establishedPerSec}/s, they would wait ${ms(1_000_000 / plateau.establishedPerSec)} or longer`,
    );
  return waitUs > LATE_US && kind === 'stalled'
    ? supports(`first bytes came late, ${ms(waitUs)} after the handshake`)
    : NOTHING;
}

/** Requests go unanswered at most so many times as often as SYNs, where a full queue drops both. */
const AS_OFTEN = 2;

/** A full queue leaves SYNs unanswered as it does ACKs and requests (tcp_conn_request, net/ipv4/tcp_input.c). */
function judgeLate(symptom: Symptom, seen: Observations): Judgement[] {
  const { requestsResent: resent } = symptom.arm.summary;
  const beside = besideOf(symptom, seen);
  const stalled = beside.reduce((sum, arm) => sum + arm.stalled, 0);
  const started = beside.reduce((sum, arm) => sum + arm.started, 0);
  if (resent === undefined || wilsonInterval(stalled, started)[1] * AS_OFTEN >= resent.ci95[0])
    return NOTHING;
  return contradicts(
    `${resent.count} of ${resent.measured} requests were sent again, and ${stalled === 0 ? 'none' : stalled} of ${started} handshakes with the same endpoint stalled: where its queue is full, Linux leaves SYNs unanswered as well`,
  );
}

function judgeStalls(symptom: Symptom, seen: Observations): Judgement[] {
  const filling = describeCounting(symptom, seen);
  const none = nothingPassed(symptom, seen);
  const closed = describeClosedAlike(symptom, seen);
  return [
    ...(closed === undefined ? [] : contradicts(`${closed}: no queue is in front of those`)),
    ...expectSilence(symptom),
    ...judgeFates(symptom, seen, ['unanswered', 'syn-ack-returned']),
    ...explainedOtherwise(symptom, seen, 'queue'),
    ...(none === undefined ? [] : contradicts(`${none}; a queue takes in as many as are accepted`)),
    ...(filling === undefined
      ? []
      : contradicts(`${filling}; a queue empties as connections are accepted, whatever is closed`)),
  ];
}

function ms(us: number): string {
  return `${Math.round(us / 100) / 10} ms`;
}
