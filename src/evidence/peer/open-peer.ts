import { isIPv6 } from 'node:net';
import { createCaptureFile } from './capture-file.ts';
import { CaptureStream } from './capture-stream.ts';
import { type ServedPeer, servePeer } from './serve-peer.ts';
import type { HeaderSource } from './types.ts';
import { watchHandshakes } from './watch-handshakes.ts';

export interface OpenPeerOptions {
  readonly ports: readonly number[];
  readonly token: string;
  /** Where runs connect to; port 0: any that is free. */
  readonly listen?: { readonly address: string; readonly port: number };
  /** File to write, which must not exist. */
  readonly write?: string;
  /** The program that writes the captures, with its version. */
  readonly application: string;
  readonly say: (line: string) => void;
}

export interface OpenedPeer {
  /** "address:port" and fingerprint; absent without `listen`. */
  readonly served?: { readonly at: string; readonly fingerprint: string };
  close(): Promise<void>;
}

/**
 * Records handshakes with ports of this host, for runs that connect, for a file, or for both.
 * @throws EnvironmentError without CAP_NET_RAW, if it cannot listen there, or if the file cannot be created
 */
export async function openPeer(options: OpenPeerOptions): Promise<OpenedPeer> {
  const { ports, listen, write, application, say, token } = options;
  let served: ServedPeer | undefined;
  let file: CaptureStream | undefined;
  const source: HeaderSource = watchHandshakes(ports, (time, frame, wireBytes) => {
    served?.write(time, frame, wireBytes);
    file?.write(time, frame, wireBytes);
  });
  const close = async (): Promise<void> => {
    source.close();
    const lost = source.dropped;
    file?.end(lost);
    await served?.close();
    say(`recorded ${source.received} packets${lost === 0 ? '' : `, ${lost} more were lost`}`);
  };
  try {
    if (write !== undefined)
      file = new CaptureStream(createCaptureFile(write, say), application, source.interfaceName);
    if (listen === undefined) return { close };
    served = await servePeer({
      ...{ ...listen, token, ports, application, say, interfaceName: source.interfaceName },
      lost: () => source.dropped,
    });
    const host = isIPv6(listen.address) ? `[${listen.address}]` : listen.address;
    return { close, served: { at: `${host}:${served.port}`, fingerprint: served.fingerprint } };
  } catch (error) {
    await close();
    throw error;
  }
}
