import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** What lies between a probe and its server, on 127.0.0.1, and can be cut. */
export class Relay {
  readonly #to: number;
  readonly #joined = new Set<{ readonly near: Socket; readonly far: Socket }>();
  #isCut = false;
  readonly #server = createServer((near) => this.#join(near));

  private constructor(to: number) {
    this.#to = to;
  }

  /** @param to port of the server */
  static async open(to: number): Promise<Relay> {
    const relay = new Relay(to);
    relay.#server.listen(0, '127.0.0.1');
    await once(relay.#server, 'listening');
    return relay;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** From now on, what the server says reaches nobody, while it hears all. */
  muffle(): void {
    for (const { near, far } of this.#joined) far.unpipe(near).resume();
  }

  cut(): void {
    this.#isCut = true;
    for (const { near, far } of this.#joined) {
      near.destroy();
      far.destroy();
    }
  }

  mend(): void {
    this.#isCut = false;
  }

  close(): void {
    this.cut();
    this.#server.close();
  }

  #join(near: Socket): void {
    if (this.#isCut) return void near.destroy();
    const far = connect(this.#to, '127.0.0.1');
    const joined = { near, far };
    this.#joined.add(joined);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one
        .on('error', () => {})
        .on('close', () => {
          this.#joined.delete(joined);
          other.destroy();
        });
      one.pipe(other);
    }
  }
}
