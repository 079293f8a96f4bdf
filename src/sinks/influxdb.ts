import { join } from 'node:path';
import { Agent } from 'undici';
import { judge } from './answer.ts';
import { Delivery } from './delivery.ts';
import { Health } from './health.ts';
import type { Cures, Opening } from './kind.ts';
import { NameLabels } from './name-labels.ts';
import { linesOf } from './points.ts';
import { request } from './request.ts';
import { Spool } from './spool.ts';
import { nameSpool } from './spool-folder.ts';
import type { RunIdentity, Sink, SinkSecrets } from './types.ts';

/** Where points are posted, and how responses are interpreted. */
export interface InfluxTarget {
  readonly kind: string;
  readonly host: string;
  /** As shown to users. */
  readonly name: string;
  /** `http://host:port`. */
  readonly origin: string;
  readonly path: string;
  readonly authorization?: string;
  readonly cures: Cures;
}

/**
 * Writes points to InfluxDB, or to what speaks as it does: one request at a time, over one connection. Begins with what
 * dead processes left in the spool.
 */
export async function openInfluxSink(
  { kind, host, name, origin, path, authorization, cures }: InfluxTarget,
  { spoolRoot, spoolBytes, secrets, listener, pace }: Opening,
): Promise<Sink> {
  const health = new Health(name, listener, wordsOf(secrets, authorization));
  let dropped = 0;
  const spool = await Spool.open({
    parent: join(spoolRoot, nameSpool(kind, host, origin + path)),
    limitBytes: spoolBytes,
    onDropped(seconds, why) {
      dropped += seconds;
      health.note(why, `${why}: its oldest seconds are dropped and counted`);
    },
    onFault: (error) => health.note('disk', `its spool cannot be written (${error.message})`),
  });
  const agent = new Agent({ connections: 1, pipelining: 1, connectTimeout: pace.requestTimeoutMs });
  const headers = {
    'content-type': 'text/plain; charset=utf-8',
    'content-encoding': 'gzip',
    'user-agent': 'rushhour',
    ...(authorization !== undefined && { authorization }),
  };
  const delivery = new Delivery({
    ...{ spool, health, pace },
    async send(body, signal) {
      const posting = { path, headers, body, signal, timeoutMs: pace.requestTimeoutMs };
      return judge(cures, await request(agent, origin, { ...posting, method: 'POST' }));
    },
  });
  delivery.start();
  let run: RunIdentity | undefined;
  const labels = new NameLabels();
  return {
    name,
    // Points are of one second each: there is nothing to go on from.
    begin(identity) {
      run = identity;
    },
    second(recorded) {
      if (run !== undefined) delivery.add(linesOf(run, recorded, labels));
    },
    async finish(withinMs) {
      const counts = await delivery.finish(withinMs);
      await agent.destroy();
      const { fault } = health;
      return { name, ...counts, dropped, ...(fault !== undefined && { fault }) };
    },
  };
}

/** What must not be said: the secrets, and what they look like on the way. */
function wordsOf({ token, user }: SinkSecrets, authorization: string | undefined): string[] {
  const password = user?.slice(user.indexOf(':') + 1);
  const encoded = authorization?.replace(/^\w+ /, '');
  return [token, user, password, encoded].filter((word) => word !== undefined).filter((word) => word !== '');
}
