import type { SinkKind } from './kind.ts';
import { influxdb } from './kinds/influxdb.ts';
import { influxdb2 } from './kinds/influxdb2.ts';
import { prometheus } from './kinds/prometheus.ts';
import { pushgateway } from './kinds/pushgateway.ts';

/** Every kind of sink, by the scheme of its address. */
export const SINKS = { influxdb, influxdb2, pushgateway, prometheus } as const;

export type SinkName = keyof typeof SINKS;
export const SINK_NAMES = Object.keys(SINKS) as readonly SinkName[];

/** A sink as the command line names it. It holds no secret. */
export type SinkSpec = ReturnType<(typeof SINKS)[SinkName]['parse']>;

export function kindOf({ kind }: Pick<SinkSpec, 'kind'>): SinkKind<SinkSpec> {
  return SINKS[kind];
}
