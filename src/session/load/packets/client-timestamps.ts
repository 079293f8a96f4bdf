import { toClient } from '../../../scenario/client.ts';
import type { Switch } from '../../../scenario/words.ts';
import type { PlannedArm } from '../../../worker/protocol.ts';

/**
 * What `tcpTimestamps` means for packets: the kernel's setting does not reach them, so that their clients send
 * timestamps or do not. A client whose own key says so keeps it.
 */
export function setClientTimestamps(planned: PlannedArm, wanted: Switch): PlannedArm {
  const { profile, knobs } = planned.arm.client ?? toClient({ knobs: {} });
  const client = { profile, knobs: { timestamps: wanted === 'on', ...knobs } };
  return { ...planned, arm: { ...planned.arm, client } };
}
