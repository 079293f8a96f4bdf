import { decides } from './judgements.ts';
import { EVERYTHING } from './scope.ts';
import type { Cause } from './types.ts';

export const fixedWait = {
  id: 'fixed-wait',
  name: 'a wait of fixed length, on the way, in the proxy or behind it: a filter that fails open, a resolver that times out, or a server that waits',
  explains: ['waits'],
  predicts:
    'waits cluster at a round number of seconds, in every arm that sends requests; nothing is odd in the handshake',
  scope: { ...EVERYTHING, port: 'either', host: 'either' },
  judge: ({ text }) => decides(text),
  decidedBy: [
    {
      text: 'the same requests without the proxy, and from behind the firewall',
      command: 'rushhour run steady --via direct ...',
    },
  ],
  next: [
    {
      text: 'look for timeouts of that length: URL filter, ICAP or sandbox of the firewall; name servers of the proxy, of which one does not answer',
    },
  ],
  proof: 'with that timer changed, the waits follow it',
  source: 'resolv.conf(5) (timeout: 5 s); common knowledge of filters',
} as const satisfies Cause;
