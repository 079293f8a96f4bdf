import type * as z from 'zod';
import { groupDigits } from '../../analysis/group-digits.ts';
import { UsageError } from '../../errors.ts';
import { type Order, order as orderSchema } from '../messages.ts';
import { STREAMS } from '../protocol.ts';

/** Of a message, what its headers may take. */
const HEADERS_BYTES = 1_024;
const MOST_BYTES = STREAMS.orders.max_msg_size - HEADERS_BYTES;

/**
 * An order as it is sent.
 * @throws UsageError for what no probe would take, such as a file that is too long
 */
export function encodeOrder(order: Order): string {
  const [issue] = orderSchema.safeParse(order).error?.issues ?? [];
  if (issue !== undefined) throw describeIssue(order, issue);
  const text = JSON.stringify(order);
  const bytes = Buffer.byteLength(text);
  if (bytes > MOST_BYTES) {
    throw new UsageError(groupDigits(`what is ordered is too large for a fleet: ${bytes} bytes`), {
      hint: groupDigits(`an order has room for ${MOST_BYTES}, most of which the scenario's file takes`),
    });
  }
  return text;
}

function describeIssue(order: Order, issue: z.core.$ZodIssue): UsageError {
  const what = nameOf(issue.path);
  const found = issue.path.reduce<unknown>((value, key) => (value as never)[key as never], order);
  if (issue.code !== 'too_big' || (typeof found !== 'string' && !Array.isArray(found)))
    return new UsageError(`${what} is nothing that a probe would take: ${issue.message}`);
  const counted = `${found.length} ${typeof found === 'string' ? 'characters' : 'entries'}`;
  return new UsageError(groupDigits(`${what} is too long for a fleet: ${counted}`), {
    hint: groupDigits(`an order has room for ${issue.maximum}`),
  });
}

/** As whoever ordered it has it. */
function nameOf([first, second, third]: readonly PropertyKey[]): string {
  if (first !== 'scenario') return first === 'label' ? '--label' : `"${String(first)}" of the order`;
  return second === 'overrides' ? `--${String(third)}` : 'the file of the scenario';
}
