import { judgeAges } from './age-limit.ts';
import { findEdge, isNoEvent } from './cuts.ts';
import { contradicts, NOTHING } from './judgements.ts';
import { EVERYTHING } from './scope.ts';
import type { Cause } from './types.ts';

export const farGone = {
  id: 'far-gone',
  name: 'a far end, or a firewall, that was restarted and lost its connections',
  explains: ['cut'],
  predicts: 'connections of all ages end at one moment, or meet an RST at the next byte from then on',
  scope: { ...EVERYTHING, host: 'perhaps', port: 'perhaps' },
  judge: (symptom, seen) => {
    const age = judgeAges(symptom, seen).find(({ says }) => says === 'decides');
    const edge = findEdge(symptom);
    if (age !== undefined) return contradicts(age.text);
    return edge !== undefined && isNoEvent(symptom, edge)
      ? contradicts(
          `those that were idle for ${edge.alive.ageSec} s lived, while others that were idle for ${edge.gone.ageSec} s did not`,
        )
      : NOTHING;
  },
  decidedBy: [{ text: 'a second run: does it come at the same age?' }],
  next: [{ text: 'look into the logs of far end and firewall at that time' }],
  proof: 'an uptime of the far end, or of the firewall, that began then',
  source: 'common knowledge',
} as const satisfies Cause;
