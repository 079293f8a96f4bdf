import type { ReactorName } from '../engine/types.ts';
import { UsageError } from '../errors.ts';
import type { RunOptions } from './types.ts';

/**
 * epoll unless io_uring is asked for, which has not been shown to be cheaper from end to end (docs/performance.md); undefined
 * for an engine that leaves that to Node.
 * @throws UsageError where one is asked for that the engine has no use for
 * @throws EnvironmentError where io_uring is asked for and not to be had
 */
export async function chooseReactor(
  asked: RunOptions['reactor'],
  engine: 'raw' | 'portable',
): Promise<ReactorName | undefined> {
  if (engine !== 'raw') {
    if (asked === undefined || asked === 'auto') return undefined;
    throw new UsageError(`--reactor ${asked} is for the raw engine, and this run has the portable one`, {
      hint: 'leave out --reactor',
    });
  }
  if (asked !== 'io_uring') return 'epoll';
  // Only now: it loads what calls the C library.
  const { whyNoUring } = await import('../engine/raw/uring/probe.ts');
  const why = whyNoUring();
  if (why === undefined) return 'io_uring';
  const { uringUnavailable } = await import('../engine/raw/create-reactor.ts');
  throw uringUnavailable(why);
}
