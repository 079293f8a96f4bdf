import type { Symptom } from '../observations/types.ts';
import { findEdge, isNoEvent, splitCuts, sumOf } from './cuts.ts';
import { contradicts, decides, NOTHING, supports } from './judgements.ts';
import { EVERYTHING } from './scope.ts';
import type { Cause, Judgement } from './types.ts';

export const idleForgotten = {
  id: 'idle-forgotten',
  name: 'a firewall, NAT or load balancer that forgets idle connections without telling',
  explains: ['cut'],
  predicts: 'nothing while idle; what is sent after that age meets silence or an RST; before it, all live',
  scope: { ...EVERYTHING, host: 'either', port: 'either' },
  judge: (symptom) => judgeProofs(symptom),
  decidedBy: [
    {
      text: 'connections held for different times, each asked once, at two ages or more; opened for longer than these ages differ',
      command: 'rushhour run hold --set arms.keep.prove=[20s,2m,9m] --target tcp://HOST:PORT',
    },
  ],
  next: [
    {
      text: 'raise the idle timeout of sessions above the longest silence of clients and proxy, or let them keep connections alive more often',
    },
    {
      firewall: 'Linux',
      text: 'net.netfilter.nf_conntrack_tcp_timeout_established (default 432,000)',
      source: 'https://docs.kernel.org/networking/nf_conntrack-sysctl.html',
    },
  ],
  proof:
    "the firewall's table lists the connection until that age and not after it; the far end still has it (ss -tn)",
  source: 'RFC 5382 REQ-5 (2 hours and 4 minutes at least)',
} as const satisfies Cause;

function judgeProofs(symptom: Symptom): Judgement[] {
  const { found, told } = splitCuts(symptom);
  if (told > found) return contradicts(`${told} of ${told + found} were told of at once, by RST or FIN`);
  const edge = findEdge(symptom);
  if (edge === undefined)
    return found === 0 ? NOTHING : supports(`${found} turned out to be cut only as something was sent`);
  const { alive, gone } = edge;
  const silent = gone.cuts.silence ?? 0;
  const text = `${alive.alive} of ${alive.alive + sumOf(alive.cuts)} lived after ${alive.ageSec} s of silence, ${gone.alive} of ${gone.alive + sumOf(gone.cuts)} after ${gone.ageSec} s`;
  return silent >= sumOf(gone.cuts) * 0.9 && isNoEvent(symptom, edge)
    ? decides(`${text}, and nothing told of it`)
    : supports(text);
}
