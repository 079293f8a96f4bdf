import type { ArmFile } from './schema.ts';
import type { Via } from './words.ts';

interface Fault {
  readonly key: 'source' | 'hold' | 'expect' | 'load' | 'socket' | 'client';
  readonly what: string;
  readonly fix: string;
}

/** What makes no sense for an arm that only pings: pings have no ports, no connections and nobody who refuses them. */
export function checkPing(via: Via, { source, hold, expect, load, socket, client }: ArmFile): Fault[] {
  if (via !== 'icmp') return [];
  const { bind: _, ...options } = socket ?? {};
  const fault = (key: Fault['key'], what: string, fix: string): Fault => ({ key, what, fix });
  return [
    ...(source?.ports === undefined ? [] : [fault('source', 'pings have no ports', 'remove ports')]),
    ...(source?.emulate === undefined
      ? []
      : [fault('source', 'no host that is played can ping', 'remove emulate')]),
    ...(hold === undefined || hold === 0 ? [] : [fault('hold', 'pings hold nothing', 'remove hold')]),
    ...(expect?.kind === 'refused' ? [fault('expect', 'pings are not refused', 'expect established')] : []),
    ...(load?.kind === 'sweep' ? [fault('load', 'pings have no ports to sweep', 'use phases')] : []),
    ...(Object.keys(options).length === 0
      ? []
      : [fault('socket', 'options of TCP sockets do not apply to pings', 'keep bind alone')]),
    ...(client === undefined ? [] : [fault('client', 'a ping is nobody\u2019s', 'remove client')]),
  ];
}
