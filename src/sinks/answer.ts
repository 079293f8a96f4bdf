import type { Cures } from './kind.ts';
import type { Reply, Silence } from './request.ts';

/** What a sink's answer means for a batch. */
export type Answer =
  | { readonly kind: 'taken' }
  /** Not now. */
  | { readonly kind: 'away'; readonly why: string; readonly afterMs?: number }
  /** Nothing will be accepted until something is fixed there; the batch itself is fine. */
  | { readonly kind: 'refused'; readonly why: string; readonly cure: string }
  /** Never: the batch itself is at fault. */
  | { readonly kind: 'bad'; readonly why: string };

/** Maximum wait that a sink may ask for. */
const LONGEST_AFTER_MS = 600_000;

export function judge(cures: Cures, reply: Reply | Silence): Answer {
  if ('silence' in reply) return { kind: 'away', why: reply.silence };
  const { status, afterMs } = reply;
  if (status >= 200 && status < 300) return { kind: 'taken' };
  const why = `answered ${status}${saidBy(reply.text)}`;
  if (status >= 500 || status === 408 || status === 429) {
    return {
      kind: 'away',
      why,
      ...(afterMs !== undefined && { afterMs: Math.min(afterMs, LONGEST_AFTER_MS) }),
    };
  }
  // 413: too large, 422: what v2 answers to points outside of the bucket's retention.
  if (status === 400 || status === 413 || status === 422) return { kind: 'bad', why };
  return { kind: 'refused', why, cure: cures[status as keyof Cures] ?? 'check the address and the port' };
}

/** What the body says, in one line: InfluxDB and its like answer `{"error": "..."}` or `{"message": "..."}`. */
function saidBy(text: string): string {
  let said = text;
  try {
    const { error, message } = JSON.parse(text) as { error?: unknown; message?: unknown };
    said = [message, error].find((value) => typeof value === 'string') ?? '';
  } catch {
    // Plain text, or a page of a proxy on the way: its beginning is all that helps.
  }
  const line = said.replace(/[\p{Cc}\s]+/gu, ' ').trim();
  return line === '' ? '' : `: ${line.length > 200 ? `${line.slice(0, 200)}...` : line}`;
}
