import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, startPeer, stopPeer } from './peer.ts';

export interface Influxdb {
  readonly port: number;
  /** Rows of the first series of an InfluxQL query, as objects by column; none where there is nothing. */
  query(text: string): Promise<Record<string, unknown>[]>;
  /** Stops it and keeps its data. */
  pause(): Promise<void>;
  /** Starts it again at the same port. */
  resume(): Promise<void>;
  stop(): Promise<void>;
}

export interface InfluxdbOptions {
  /** Only this user may do anything. */
  readonly admin?: { readonly user: string; readonly password: string };
}

/** A real InfluxDB 1.x on loopback, which tells nobody of itself. */
export async function startInfluxdb({ admin }: InfluxdbOptions = {}): Promise<Influxdb> {
  const [port, rpcPort] = [await freePort(), await freePort()];
  const dir = await mkdtemp(join(tmpdir(), 'rushhour-influxdb-'));
  const config = join(dir, 'influxdb.conf');
  await writeFile(config, configuration(dir, port, rpcPort, admin !== undefined));
  let child: ChildProcess | undefined;
  const start = async (): Promise<void> => {
    child = await startPeer('influxd', ['run', '-config', config], port);
  };
  const pause = async (): Promise<void> => {
    if (child !== undefined) await stopPeer(child);
    child = undefined;
  };
  const ask = async (q: string): Promise<Record<string, unknown>[]> => {
    const headers: Record<string, string> =
      admin === undefined
        ? {}
        : { authorization: `Basic ${Buffer.from(`${admin.user}:${admin.password}`).toString('base64')}` };
    const body = new URLSearchParams({ db: 'rushhour', q });
    const response = await fetch(`http://127.0.0.1:${port}/query`, { method: 'POST', body, headers });
    const { results, error } = (await response.json()) as QueryAnswer;
    const fault = error ?? results?.[0]?.error;
    if (fault !== undefined) throw new Error(fault);
    const [series] = results?.[0]?.series ?? [];
    return (series?.values ?? []).map((row) =>
      Object.fromEntries(row.map((value, index) => [series?.columns[index], value])),
    );
  };
  await start();
  if (admin !== undefined) {
    await ask(`CREATE USER "${admin.user}" WITH PASSWORD '${admin.password}' WITH ALL PRIVILEGES`);
  }
  return {
    port,
    query: ask,
    pause,
    resume: start,
    async stop() {
      await pause();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

interface QueryAnswer {
  readonly error?: string;
  readonly results?: readonly {
    readonly error?: string;
    readonly series?: readonly { readonly columns: string[]; readonly values: unknown[][] }[];
  }[];
}

function configuration(dir: string, port: number, rpcPort: number, isGuarded: boolean): string {
  return `
reporting-disabled = true
bind-address = "127.0.0.1:${rpcPort}"
[meta]
  dir = "${dir}/meta"
[data]
  dir = "${dir}/data"
  wal-dir = "${dir}/wal"
  query-log-enabled = false
[http]
  bind-address = "127.0.0.1:${port}"
  auth-enabled = ${isGuarded}
  log-enabled = false
[logging]
  level = "warn"
[monitor]
  store-enabled = false
`;
}
