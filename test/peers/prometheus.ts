import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort, startPeer, stopPeer } from './peer.ts';

export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Prometheus {
  /** The samples of a query now. */
  query(text: string): Promise<Sample[]>;
  stop(): Promise<void>;
}

/** A real Prometheus on loopback that looks at these ports of it twice a second. */
export async function startPrometheus(targets: readonly number[]): Promise<Prometheus> {
  const port = await freePort();
  const dir = await mkdtemp(join(tmpdir(), 'rushhour-prometheus-'));
  const config = join(dir, 'prometheus.yml');
  await writeFile(config, configuration(targets));
  const args = [
    `--config.file=${config}`,
    `--storage.tsdb.path=${dir}/data`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--log.level=warn',
  ];
  const child = await startPeer('prometheus', args, port);
  // It accepts before it has read what it stored, and answers queries with 503 until then.
  for (let tries = 0; tries < 200 && !(await isReady(port)); tries += 1) await sleep(50);
  return {
    query: (text) => queryPrometheus(port, text),
    async stop() {
      await stopPeer(child);
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function isReady(port: number): Promise<boolean> {
  const response = await fetch(`http://127.0.0.1:${port}/-/ready`);
  await response.text();
  return response.ok;
}

/** A real Pushgateway on loopback. Debian's would keep in a file what was pushed, and have it again when it starts. */
export async function startPushgateway(
  port?: number,
): Promise<{ readonly port: number; stop(): Promise<void> }> {
  const at = port ?? (await freePort());
  const args = [`--web.listen-address=127.0.0.1:${at}`, '--persistence.file='];
  const child = await startPeer('prometheus-pushgateway', args, at);
  return { port: at, stop: () => stopPeer(child) };
}

/** Prometheus's HTTP API, /api/v1/query; VictoriaMetrics has it too. */
export async function queryPrometheus(port: number, text: string): Promise<Sample[]> {
  const url = `http://127.0.0.1:${port}/api/v1/query?${new URLSearchParams({ query: text })}`;
  const answer = (await (await fetch(url)).json()) as {
    status: string;
    error?: string;
    data?: { result: { metric: Record<string, string>; value: [number, string] }[] };
  };
  if (answer.data === undefined) throw new Error(`${text}: ${answer.error}`);
  return answer.data.result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
}

/** honor_labels: what the Pushgateway says of job and instance is what was pushed (its README, "Use it"). */
function configuration(targets: readonly number[]): string {
  return `
global: { scrape_interval: 500ms, scrape_timeout: 500ms }
scrape_configs:
  - job_name: rushhour
    honor_labels: true
    static_configs: [{ targets: [${targets.map((port) => `'127.0.0.1:${port}'`).join(', ')}] }]
`;
}
