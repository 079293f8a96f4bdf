import type { Observations, Symptom } from '../observations/types.ts';
import { contradicts, decides, NOTHING, shareAnswered, supports } from './judgements.ts';
import { DROPS, describeOwnDrops, describeUnseen, NEVER_LEFT } from './own-drops.ts';
import { explainedOtherwise } from './shared.ts';
import type { Cause, Judgement } from './types.ts';

export const probe = {
  id: 'probe',
  name: 'this machine itself: its own firewall, conntrack, queue or ports',
  explains: ['stalled', 'late'],
  predicts: "the same number in this machine's own counters of drops; SYNs that were never seen to leave",
  scope: {
    ...{ port: 'either', host: 'either', source: 'either', client: 'either' },
    ...{ mss: 'either', dscp: 'either', close: 'either', ports: 'either' },
  },
  judge: (symptom, seen) => [...judgeOwn(symptom, seen), ...explainedOtherwise(symptom, seen, 'probe')],
  decidedBy: [
    {
      text: "this machine's own counters and a capture beside the load (root, or CAP_NET_RAW)",
      command: 'rushhour run SCENARIO --capture on ...',
    },
  ],
  next: [{ text: 'nft list ruleset, conntrack -S and tc -s qdisc on this machine; rushhour doctor' }],
  proof: 'with what drops taken away on this machine, the same run has no stall',
  source: '/proc/net/netstat, /proc/net/stat/nf_conntrack',
} as const satisfies Cause;

function judgeOwn(symptom: Symptom, seen: Observations): Judgement[] {
  const { near, ownDrops, engine } = seen;
  const never = describeUnseen(symptom);
  if (never !== undefined) return decides(never);
  const unseen = shareAnswered(symptom, NEVER_LEFT);
  if (unseen !== undefined && unseen.count === 0 && ownDrops === 0)
    return contradicts(`all ${unseen.seen} SYNs that were looked at were seen to leave this machine`);
  const own = describeOwnDrops(seen);
  if (own !== undefined) return decides(own);
  if (near === undefined || engine === 'packet') return NOTHING;
  const moved = Object.entries(near).filter(
    ([name, count]) => count > 0 && DROPS.some((pattern) => pattern.test(name)),
  );
  const dropped = moved.reduce((sum, [, count]) => sum + count, 0) + ownDrops;
  if (dropped === 0) return contradicts("none of this machine's counters of drops moved");
  const text = `this machine counted ${moved.map(([name, count]) => `${count} ${name}`).join(', ')}`;
  return dropped * 20 < symptom.count
    ? contradicts(`${text}, against ${symptom.count} stalls`)
    : supports(text);
}
