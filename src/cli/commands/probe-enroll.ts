import { readPiped } from '../../bounded-file.ts';
import { EXIT, type ExitCode, UsageError } from '../../errors.ts';
import type { ServerProxyFlags } from '../../fleet/link/read-proxy.ts';
import { quoteForShell } from '../../service/quote.ts';
import { type ProbeFiles, probeFile } from '../flags/probe-files.ts';
import type { Host } from '../host.ts';

/** Makes the credentials of this machine with a token, or with one that is piped in. */
export async function enrollHere(
  host: Host,
  flags: ProbeFiles & ServerProxyFlags,
  token: string,
): Promise<ExitCode> {
  const [{ enrollProbe }, { readServerProxy }] = await Promise.all([
    import('../../fleet/probe/enroll.ts'),
    import('../../fleet/link/read-proxy.ts'),
  ]);
  const file = probeFile(
    host,
    flags,
    'credentials',
    'rushhour probe --enroll TOKEN --credentials FILE: it writes that file',
  );
  const proxy = await readServerProxy(host, flags);
  const probe = await enrollProbe(token === '-' ? await readToken() : token, file, proxy);
  const start = `${host.program} probe --credentials ${quoteForShell(file)} --policy ${probe}.yaml --results ${probe}`;
  host.stdout.write(
    `${probe} is enrolled; its credentials are in ${file}. With a policy of its own:\n  ${start}\n`,
  );
  return EXIT.ok;
}

/** Of a pipe. */
function readToken(): Promise<string> {
  return readPiped(process.stdin).catch((cause: Error) => {
    throw new UsageError(`the token cannot be read from standard input (${cause.message})`, {
      hint: 'pipe in what "rushhour fleet enroll" printed, and nothing else',
      cause,
    });
  });
}
