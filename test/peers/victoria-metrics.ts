import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, startPeer, stopPeer } from './peer.ts';
import { queryPrometheus, type Sample } from './prometheus.ts';

export interface VictoriaMetrics {
  readonly port: number;
  /** The samples of a PromQL query now, once everything that was written can be read. */
  query(text: string): Promise<Sample[]>;
  stop(): Promise<void>;
}

/** A real VictoriaMetrics on loopback. */
export async function startVictoriaMetrics(): Promise<VictoriaMetrics> {
  const port = await freePort();
  const dir = await mkdtemp(join(tmpdir(), 'rushhour-victoria-'));
  const args = [
    `-storageDataPath=${dir}/data`,
    `-httpListenAddr=127.0.0.1:${port}`,
    '-search.latencyOffset=0s',
    '-memory.allowedBytes=100000000',
  ];
  const child = await startPeer('victoria-metrics', args, port);
  return {
    port,
    async query(text) {
      await fetch(`http://127.0.0.1:${port}/internal/force_flush`);
      return queryPrometheus(port, text);
    },
    async stop() {
      await stopPeer(child);
      await rm(dir, { recursive: true, force: true });
    },
  };
}
