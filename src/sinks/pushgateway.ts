import { Agent } from 'undici';
import { judge } from './answer.ts';
import { Health } from './health.ts';
import { type Address, baseUrl, type Cures } from './kind.ts';
import { request } from './request.ts';
import { retryAfterMs, Wait } from './retry.ts';
import { RunRegistry } from './run-registry.ts';
import type { Pace, Sink, SinkListener, SinkReport } from './types.ts';

export interface PushgatewaySpec extends Address {
  readonly kind: 'pushgateway';
  readonly job: string;
}

const CURES: Cures = {
  401: 'configure it to accept pushes without a password',
  403: 'configure it to accept pushes from this machine',
  404: 'check address and port: this is not a Pushgateway',
};

/** Puts the figures of the run under way to a Pushgateway, now and then and at the end. Only the latest are of use. */
export function openPushgatewaySink(
  spec: PushgatewaySpec,
  name: string,
  listener: SinkListener,
  pace: Pace,
): Sink {
  return new Pusher(spec, name, listener, pace);
}

class Pusher implements Sink {
  readonly name: string;
  readonly #spec: PushgatewaySpec;
  readonly #pace: Pace;
  readonly #health: Health;
  readonly #agent: Agent;
  readonly #registry = new RunRegistry();
  readonly #wait = new Wait();
  readonly #abort = new AbortController();
  #path = '';
  #seconds = 0;
  /** Of them the gateway has so many. */
  #pushed = 0;
  #pushing: Promise<void> = Promise.resolve();
  #isPushing = false;
  #isFinishing = false;

  constructor(spec: PushgatewaySpec, name: string, listener: SinkListener, pace: Pace) {
    this.name = name;
    this.#spec = spec;
    this.#pace = pace;
    this.#health = new Health(this.name, listener);
    this.#agent = new Agent({ connections: 1, pipelining: 1, connectTimeout: pace.requestTimeoutMs });
  }

  begin(...[run, before]: Parameters<Sink['begin']>): void {
    this.#registry.begin(run, before);
    this.#path = groupPath({ job: this.#spec.job, instance: run.host, run: run.runId });
  }

  second(recorded: Parameters<Sink['second']>[0]): void {
    if (this.#isFinishing) return;
    this.#registry.add(recorded);
    this.#seconds += 1;
    if (this.#seconds - this.#pushed >= this.#pace.batchSeconds) this.#push();
  }

  /** These figures are not spooled: they are retried as long as there is time. */
  async finish(withinMs: number): Promise<SinkReport> {
    this.#isFinishing = true;
    const timer = setTimeout(() => {
      this.#abort.abort();
      this.#wait.wake();
    }, withinMs);
    this.#wait.wake();
    await this.#pushing;
    this.#push();
    await this.#pushing;
    clearTimeout(timer);
    await this.#agent.destroy();
    const { fault } = this.#health;
    const dropped = this.#seconds - this.#pushed;
    const counts = { delivered: this.#pushed, caughtUp: 0, spooled: 0, dropped, refused: 0 };
    return { name: this.name, ...counts, ...(fault !== undefined && { fault }) };
  }

  #push(): void {
    if (this.#isPushing) return;
    this.#isPushing = true;
    this.#pushing = this.#pushLatest()
      .catch((error: unknown) => this.#health.note('internal', String(error)))
      .finally(() => {
        this.#isPushing = false;
      });
  }

  /** Until the gateway has what there was when it was last asked to take it. */
  async #pushLatest(): Promise<void> {
    for (let failures = 1; this.#pushed < this.#seconds && !this.#abort.signal.aborted; failures += 1) {
      const seconds = this.#seconds;
      const body = await this.#registry.read();
      const answer = judge(CURES, await this.#put(body));
      switch (answer.kind) {
        case 'taken':
          this.#pushed = seconds;
          this.#health.back();
          return;
        case 'away':
          if (this.#abort.signal.aborted) return;
          this.#health.away('away', answer.why, 'figures are pushed again later');
          await this.#pause(answer.afterMs ?? retryAfterMs(failures, this.#pace));
          break;
        case 'refused':
        case 'bad':
          this.#health.away(
            'refused',
            answer.why,
            'cure' in answer ? answer.cure : 'rushhour keeps retrying',
          );
          if (this.#isFinishing) return;
          await this.#pause(this.#pace.refusedRetryMs);
      }
    }
  }

  #pause(ms: number): Promise<void> {
    return this.#wait.forMs(ms, { holds: this.#isFinishing });
  }

  #put(body: string): ReturnType<typeof request> {
    return request(this.#agent, baseUrl(this.#spec), {
      ...{ method: 'PUT', path: this.#path, body, signal: this.#abort.signal },
      headers: { 'content-type': this.#registry.contentType, 'user-agent': 'rushhour' },
      timeoutMs: this.#pace.requestTimeoutMs,
    });
  }
}

/** The grouping key (Pushgateway's README, "URL"): values with a slash, and empty ones, go as base64. */
function groupPath(key: Readonly<Record<string, string>>): string {
  const parts = Object.entries(key).map(([name, value]) => {
    if (value === '') return `${name}@base64/=`;
    if (!value.includes('/')) return `${name}/${encodeURIComponent(value)}`;
    return `${name}@base64/${Buffer.from(value).toString('base64url')}`;
  });
  return `/metrics/${parts.join('/')}`;
}
