import { type IncomingHttpHeaders, request } from 'node:http';
import type { Endpoint } from '../../engine/types.ts';
import type { Arm } from '../../scenario/types.ts';

/** A probe is one connection on an idle path; an answer that takes longer counts as none. */
const TIMEOUT_MS = 5_000;

/** An address and port that the far end saw a connection come from. */
export interface PeerSeen {
  readonly address: string;
  readonly port: number;
}

/** What became of one connection. */
export interface Asked {
  /** It came about. */
  readonly isAnswered: boolean;
  /** What the far end says that it saw; undefined: it does not. */
  readonly seen: PeerSeen | undefined;
}

export type AskFarEnd = (
  arm: Arm,
  endpoint: Endpoint,
  localAddress: string,
  localPort: number,
) => Promise<Asked>;

/** One request as the arm would send it, by the kernel. Only the far end included with rushhour says whom it saw. */
export const askFarEnd: AskFarEnd = (arm, { address, port, family }, localAddress, localPort) => {
  const { host, port: targetPort, path } = arm.target;
  const authority = `${host.includes(':') ? `[${host}]` : host}:${targetPort}`;
  return new Promise((resolve) => {
    let isAnswered = false;
    const end = (headers?: IncomingHttpHeaders): void =>
      resolve({ isAnswered, seen: peerSeen(headers, arm) });
    const asked = request(
      {
        ...{ host: address, port, family, localAddress, localPort },
        path: arm.via === 'proxy' ? `http://${authority}${path}` : path,
        headers: { Host: authority, Connection: 'close' },
        agent: false,
        timeout: TIMEOUT_MS,
      },
      (response) => {
        // The far end closes first, as in the sweep.
        response.resume();
        response.once('end', () => end(response.headers));
        response.once('error', () => end());
      },
    );
    asked.once('socket', (socket) => socket.once('connect', () => (isAnswered = true)));
    asked.once('timeout', () => asked.destroy());
    asked.once('error', () => end());
    asked.end();
  });
};

/** An origin behind another proxy sees that proxy's ports: only the peer of the connection can report ours. */
function peerSeen(headers: IncomingHttpHeaders | undefined, { via }: Arm): PeerSeen | undefined {
  const { 'x-rushhour-peer': peer, 'x-rushhour-role': role } = headers ?? {};
  if (typeof peer !== 'string' || role !== (via === 'proxy' ? 'proxy' : 'origin')) return undefined;
  const colon = peer.lastIndexOf(':');
  return { address: peer.slice(0, colon), port: Number(peer.slice(colon + 1)) };
}
