import * as z from 'zod';
import { checkAddress, parsedText } from './leaves.ts';

const address = parsedText(checkAddress, { examples: ['192.0.2.10'] });

/** Options of an arm's sockets, and where they are bound. */
export const socket = z
  .strictObject({
    tos: z.int().min(0).max(255).optional().describe('IP_TOS octet (DSCP << 2); 0xb8 is EF.'),
    mss: z.int().min(88).max(32_767).optional().describe('TCP_MAXSEG, bytes.'),
    synCount: z
      .int()
      .min(1)
      .max(127)
      .optional()
      .describe('TCP_SYNCNT: SYN retransmissions before giving up.'),
    bind: z
      .union([address, z.array(address)])
      .optional()
      .describe(
        'Source address, or several to use in turn; see source for more. Default: the system chooses.',
      ),
  })
  .describe('Options set on every socket before it connects. Linux; default: the system’s.');
