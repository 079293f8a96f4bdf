import type { ChildProcess } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';

interface Message {
  readonly id?: number;
  readonly method?: string;
  /** Of the page that an event is of. */
  readonly sessionId?: string;
  readonly params?: {
    readonly requestId?: string;
    readonly name?: string;
    readonly loaderId?: string;
    readonly request?: { readonly url: string };
  };
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

type Hear = (params: NonNullable<Message['params']>) => void;

/** The DevTools protocol over file descriptors 3 and 4: JSON, a NUL after each message. */
export class DevTools {
  readonly #to: Writable;
  readonly #waiting = new Map<number, (message: Message) => void>();
  readonly #heard = new Map<string, Set<Hear>>();
  #calls = 0;
  #rest = '';

  constructor(child: ChildProcess) {
    this.#to = child.stdio[3] as Writable;
    (child.stdio[4] as Readable).setEncoding('utf8').on('data', (text: string) => this.#take(text));
    child.once('exit', () => {
      for (const answer of this.#waiting.values()) answer({ error: { message: 'Chromium has ended' } });
    });
  }

  call<Result>(method: string, params: object = {}, sessionId?: string): Promise<Result> {
    const id = ++this.#calls;
    this.#to.write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, ({ result, error }) => {
        this.#waiting.delete(id);
        if (error === undefined) resolve(result as Result);
        else reject(new Error(`${method}: ${error.message}`));
      });
    });
  }

  /** @param sessionId of the page whose events are heard @returns what stops it */
  on(method: string, hear: Hear, sessionId: string): () => void {
    const key = `${sessionId} ${method}`;
    const all = this.#heard.get(key) ?? new Set();
    this.#heard.set(key, all.add(hear));
    return () => all.delete(hear);
  }

  #take(text: string): void {
    const messages = (this.#rest + text).split('\0');
    this.#rest = messages.pop() ?? '';
    for (const written of messages) {
      const message = JSON.parse(written) as Message;
      if (message.id !== undefined) this.#waiting.get(message.id)?.(message);
      for (const hear of this.#heard.get(`${message.sessionId} ${message.method}`) ?? [])
        hear(message.params ?? {});
    }
  }
}
