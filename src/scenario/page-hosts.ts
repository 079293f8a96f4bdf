import type { Arm, HostPort } from './types.ts';

/** Hosts that an arm asks its proxy for: the target's, and those that its pages name. */
export function askedHosts({ load, target }: Pick<Arm, 'load' | 'target'>): HostPort[] {
  // Runs of an earlier version had no such hosts.
  const hosts = load.kind === 'browsers' ? (load.page.hosts ?? []) : [];
  return [
    target,
    ...hosts.flatMap((one) => ('standIn' in one ? [] : [{ host: one.host, port: one.port ?? target.port }])),
  ];
}
