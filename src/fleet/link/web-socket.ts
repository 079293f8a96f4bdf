import { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { Agent, WebSocket } from 'undici';
import type { HostPort } from '../../scenario/types.ts';
import { verifiedAs } from './verified-as.ts';

/** A binary stream over a WebSocket with TLS (RFC 6455), on a connection that `dial` opens. */
export async function openWebSocket(
  { host, port, url }: HostPort & { readonly url: string },
  ca: string,
  dial: () => Promise<Duplex>,
): Promise<Duplex> {
  /** Why there is no connection: undici's own event does not say. */
  let failure: Error | undefined;
  const agent = new Agent({
    connect: (_, done) => {
      const fail = (error: Error): void => {
        failure = error;
        done(error, null);
      };
      dial().then((socket) => {
        const secured = connectTls({ socket, ca, ...verifiedAs(host) });
        secured.once('error', fail);
        secured.once('secureConnect', () => done(null, secured));
      }, fail);
    },
  });
  const web = new WebSocket(url, { dispatcher: agent });
  web.binaryType = 'arraybuffer';
  const stream = new Duplex({
    read() {},
    write(chunk: Uint8Array, _, done) {
      web.send(chunk);
      done();
    },
    final(done) {
      web.close();
      done();
    },
    destroy(error, done) {
      web.close();
      void agent.destroy().then(() => done(error));
    },
  });
  web.addEventListener('message', ({ data }) => stream.push(Buffer.from(data as ArrayBuffer)));
  web.addEventListener('close', () => stream.destroy());
  await new Promise<void>((resolve, reject) => {
    web.addEventListener('open', () => resolve());
    web.addEventListener('error', () => {
      stream.destroy();
      reject(failure ?? new Error(`no WebSocket at ${host}:${port}`));
    });
  });
  return stream;
}
