/** Set for a run in a lab: a process in the network namespace of the far end. */
export const FAR_PROCESS_VARIABLE = 'RUSHHOUR_FAR_PROCESS';

/** Folder with the counters of the far end's host if that is a network namespace of this machine, else undefined. */
export function farNet(env: Readonly<Record<string, string | undefined>> = process.env): string | undefined {
  const pid = env[FAR_PROCESS_VARIABLE] ?? '';
  return /^[1-9]\d{0,9}$/.test(pid) ? `/proc/${pid}/net` : undefined;
}
