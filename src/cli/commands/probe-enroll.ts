import { text } from 'node:stream/consumers';
import { EXIT, type ExitCode } from '../../errors.ts';
import { type ProbeFiles, probeFile } from '../flags/probe-files.ts';
import type { Host } from '../host.ts';

/** Makes the credentials of this machine with a token, or with one that is piped in. */
export async function enrollHere(host: Host, flags: ProbeFiles, token: string): Promise<ExitCode> {
  const { enrollProbe } = await import('../../fleet/probe/enroll.ts');
  const file = probeFile(host, flags, 'credentials');
  const probe = await enrollProbe(token === '-' ? await text(process.stdin) : token, file);
  host.stdout.write(`${probe} is enrolled; its credentials are in ${file}\n`);
  return EXIT.ok;
}
