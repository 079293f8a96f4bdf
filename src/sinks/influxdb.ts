import { join } from 'node:path';
import { Agent } from 'undici';
import { judge } from './answer.ts';
import { Delivery } from './delivery.ts';
import { Health } from './health.ts';
import { linesOf } from './points.ts';
import { request } from './request.ts';
import { baseUrl, type Influx2Spec, type InfluxSpec, nameSink } from './spec.ts';
import { Spool } from './spool.ts';
import { nameSpool } from './spool-folder.ts';
import type { Pace, RunIdentity, Sink, SinkListener, SinkSecrets } from './types.ts';

export interface InfluxOptions {
  readonly spoolRoot: string;
  readonly spoolBytes: number;
  readonly secrets: SinkSecrets;
  readonly listener: SinkListener;
  readonly pace: Pace;
}

/**
 * Writes points to InfluxDB, or to what speaks as it does: one request at a time, over one connection. Begins with what
 * dead processes left in the spool.
 */
export async function openInfluxSink(spec: InfluxSpec | Influx2Spec, options: InfluxOptions): Promise<Sink> {
  const { spoolRoot, spoolBytes, secrets, listener, pace } = options;
  const name = nameSink(spec);
  const authorization = authorize(spec, secrets);
  const health = new Health(name, listener, wordsOf(secrets, authorization));
  let dropped = 0;
  const origin = baseUrl(spec);
  const path = writePath(spec);
  const spool = await Spool.open({
    parent: join(spoolRoot, nameSpool(spec.kind, spec.host, origin + path)),
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
      return judge(spec, await request(agent, origin, { ...posting, method: 'POST' }));
    },
  });
  delivery.start();
  let run: RunIdentity | undefined;
  return {
    name,
    // Points are of one second each: there is nothing to go on from.
    begin(identity) {
      run = identity;
    },
    second(recorded) {
      if (run !== undefined) delivery.add(linesOf(run, recorded));
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

/** v1: docs.influxdata.com/influxdb/v1.8/tools/api, /write; v2: .../influxdb/v2/api, /api/v2/write. */
function writePath(spec: InfluxSpec | Influx2Spec): string {
  switch (spec.kind) {
    case 'influxdb': {
      const policy = spec.retentionPolicy === undefined ? {} : { rp: spec.retentionPolicy };
      return `/write?${new URLSearchParams({ db: spec.database, precision: 'ms', ...policy })}`;
    }
    case 'influxdb2':
      return `/api/v2/write?${new URLSearchParams({ org: spec.org, bucket: spec.bucket, precision: 'ms' })}`;
  }
}

/** Each kind is shown its own secret alone. */
function authorize({ kind }: InfluxSpec | Influx2Spec, { token, user }: SinkSecrets): string | undefined {
  switch (kind) {
    case 'influxdb':
      return user === undefined ? undefined : `Basic ${Buffer.from(user).toString('base64')}`;
    case 'influxdb2':
      return token === undefined ? undefined : `Token ${token}`;
  }
}
