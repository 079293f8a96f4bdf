import { epochMs } from '../../epoch-ms.ts';
import { type ClockExchange, type ClockOffset, estimateOffset } from '../clock-offset.ts';
import type { Link } from '../connect.ts';
import { clockAnswer, readMessage } from '../messages.ts';
import { SUBJECTS } from '../protocol.ts';

const EXCHANGES = 8;
const ANSWER_WITHIN_MS = 2_000;
/** A probe tells whole milliseconds. */
const STEP_MS = 1;

/** How far the clock of a probe is off, by several exchanges; undefined if it does not answer. */
export async function askClock({ connection }: Link, probe: string): Promise<ClockOffset | undefined> {
  const exchanges: ClockExchange[] = [];
  for (let asked = 0; asked < EXCHANGES; asked += 1) {
    const askedAtMs = epochMs();
    const answer = await connection
      .request(SUBJECTS.clock(probe), '', { timeout: ANSWER_WITHIN_MS })
      .catch(() => undefined);
    const answeredAtMs = epochMs();
    const read = answer === undefined ? undefined : readMessage(clockAnswer, answer.data);
    if (read === undefined) break;
    exchanges.push({ askedAtMs, answeredAtMs, receivedAtMs: read.receivedAtMs, sentAtMs: read.sentAtMs });
  }
  const offset = estimateOffset(exchanges);
  return offset === undefined ? undefined : { ...offset, errorMs: offset.errorMs + STEP_MS };
}
