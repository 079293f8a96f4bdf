import type { HandshakeSeen } from '../handshakes/types.ts';
import { lacksSynAck } from '../match/link-packets.ts';

/** Counts what a capture lacks, as the rest of it shows: nothing is established without a SYN and its answer. */
export class FarGaps {
  /** Handshakes that were established while it was captured. */
  established = 0;
  /** Of them: those without their SYN, or without a SYN-ACK. */
  lacking = 0;

  add(seen: HandshakeSeen): void {
    const { synCount, answers, establishedAtUs, fromClient, fromServer } = seen;
    // One that began before the capture lacks nothing, and neither does one direction where only the other was captured.
    const hasBegan = synCount > 0 || answers.length > 0;
    if (!hasBegan || Number.isNaN(establishedAtUs)) return;
    if (fromClient.packets === 0 || fromServer.packets === 0) return;
    this.established += 1;
    if (synCount === 0 || lacksSynAck(seen)) this.lacking += 1;
  }
}
