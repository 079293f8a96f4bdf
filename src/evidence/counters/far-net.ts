/** Set for a run in a lab: a process in the network namespace of the far end. */
export const FAR_PROCESS_VARIABLE = 'RUSHHOUR_FAR_PROCESS';

/** Folder with the counters of the far end's host if that is a network namespace of this machine, else undefined. */
export function farNet(env: Environment = process.env): string | undefined {
  return ofFarProcess('net', env);
}

/** The network namespace of the far end's host, to be entered, if it is one of this machine, else undefined. */
export function farNamespace(env: Environment = process.env): string | undefined {
  return ofFarProcess('ns/net', env);
}

type Environment = Readonly<Record<string, string | undefined>>;

function ofFarProcess(file: string, env: Environment): string | undefined {
  const pid = env[FAR_PROCESS_VARIABLE] ?? '';
  return /^[1-9]\d{0,9}$/.test(pid) ? `/proc/${pid}/${file}` : undefined;
}
