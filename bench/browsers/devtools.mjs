/** The DevTools protocol over file descriptors 3 and 4 of a Chromium: JSON, a NUL after each message. */
export class DevTools {
  #to;
  #waiting = new Map();
  #heard = new Map();
  #calls = 0;
  #rest = '';

  constructor(child) {
    this.#to = child.stdio[3];
    // A message on its way as Chromium ends.
    this.#to.on('error', () => undefined);
    child.stdio[4].setEncoding('utf8').on('data', (text) => this.#take(text));
    child.once('exit', () => {
      for (const answer of this.#waiting.values()) answer({ error: { message: 'Chromium has ended' } });
    });
  }

  call(method, params = {}, sessionId = undefined) {
    const id = ++this.#calls;
    this.#to.write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, ({ result, error }) => {
        this.#waiting.delete(id);
        if (error === undefined) resolve(result);
        else reject(new Error(`${method}: ${error.message}`));
      });
    });
  }

  /** @param sessionId of the page whose events are heard @returns what stops it */
  on(method, hear, sessionId) {
    const key = `${sessionId} ${method}`;
    const all = this.#heard.get(key) ?? new Set();
    this.#heard.set(key, all.add(hear));
    return () => all.delete(hear);
  }

  #take(text) {
    const messages = (this.#rest + text).split('\0');
    this.#rest = messages.pop() ?? '';
    for (const written of messages) {
      const message = JSON.parse(written);
      if (message.id !== undefined) this.#waiting.get(message.id)?.(message);
      for (const hear of this.#heard.get(`${message.sessionId} ${message.method}`) ?? [])
        hear(message.params ?? {});
    }
  }
}
