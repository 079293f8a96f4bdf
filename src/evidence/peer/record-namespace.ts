import { isIP } from 'node:net';
import { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { EnvironmentError } from '../../errors.ts';
import { loadLibc } from '../../net/index.ts';
import { inNamespace } from '../../net/namespace.ts';
import { PacketBudget } from '../near/packet-budget.ts';
import { CaptureStream } from './capture-stream.ts';
import type { PeerConnection, PeerListener } from './connect-peer.ts';
import { MAX_PORTS } from './protocol.ts';
import type { HeaderSource, OnHeader } from './types.ts';
import { listOwnAddresses, watchHandshakes } from './watch-handshakes.ts';

export interface NamespaceToRecord {
  /** Such as /proc/1234/ns/net. */
  readonly path: string;
  /** What the load connects to: recorded is what has an address in that namespace, or a name. */
  readonly endpoints: readonly { readonly host: string; readonly port: number }[];
  /** At a higher rate it ends, so as not to slow the load; default: never. */
  readonly mostPacketsPerSec?: number | undefined;
  /** The program that writes the capture, with its version. */
  readonly application: string;
}

/** How often the rate is looked at; a {@link PacketBudget} takes as long to judge one. */
const EVERY_MS = 200;

/**
 * Records the handshakes that arrive in another network namespace of this machine, as a peer there would. Packets reach this process
 * without crossing the path under test, and nothing is left over however it ends.
 * @returns undefined: none of the endpoints is there
 * @throws EnvironmentError if the namespace cannot be entered, or the kernel refuses a packet socket
 */
export function recordNamespace(
  { path, endpoints, application, mostPacketsPerSec = Number.POSITIVE_INFINITY }: NamespaceToRecord,
  { bytes, lost }: PeerListener,
): Pick<PeerConnection, 'finish' | 'close'> | undefined {
  const pass: OnHeader = (time, frame, wireBytes) => stream.write(time, frame, wireBytes);
  const source = inNamespace(loadLibc(), path, () => watchEndpoints(endpoints, pass));
  if (source === undefined) return undefined;
  const to = new Writable({
    write(piece: Uint8Array, _encoding, done) {
      bytes(piece);
      done();
    },
  });
  const stream = new CaptureStream(to, application, source.interfaceName);
  const budget = new PacketBudget(mostPacketsPerSec);
  let seen = 0;
  const timer = setInterval(() => {
    const more = source.received - seen;
    seen += more;
    if (!budget.exceeds(more, performance.now() * 1_000)) return;
    end();
    lost(`more than ${mostPacketsPerSec} packets a second`);
  }, EVERY_MS);
  const end = (): void => {
    clearInterval(timer);
    if (to.writableEnded) return;
    source.close();
    stream.end(source.dropped);
  };
  return {
    async finish() {
      end();
      await finished(to);
    },
    close: end,
  };
}

function watchEndpoints(
  endpoints: NamespaceToRecord['endpoints'],
  onHeader: OnHeader,
): HeaderSource | undefined {
  const own = new Set(listOwnAddresses());
  const there = endpoints.filter(({ host }) => isIP(host) === 0 || own.has(host));
  const ports = [...new Set(there.map(({ port }) => port))];
  if (ports.length > MAX_PORTS)
    throw new EnvironmentError(
      `the load connects to ${ports.length} ports, and ${MAX_PORTS} can be recorded`,
    );
  return ports.length === 0 ? undefined : watchHandshakes(ports, onHeader);
}
