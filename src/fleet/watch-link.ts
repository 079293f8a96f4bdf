import { isRefusal, type Link } from './connect.ts';

/** Who is told what becomes of a connection. */
export interface LinkWatcher {
  /** The server is away, and is tried again; once until it is there again. */
  away(): void;
  back(): void;
  /** It refuses the credentials that it had taken; once until it takes them again. */
  refused?(error: unknown): void;
}

/** Tells of a connection until it is closed, or until `signal` ends that. */
export async function watchLink(
  { connection }: Link,
  watcher: LinkWatcher,
  signal: AbortSignal,
): Promise<void> {
  let [isAway, isRefused] = [false, false];
  for await (const status of connection.status()) {
    if (signal.aborted) return;
    if (status.type === 'disconnect' && !isAway) {
      isAway = true;
      watcher.away();
    } else if (status.type === 'reconnect') {
      [isAway, isRefused] = [false, false];
      watcher.back();
    } else if (status.type === 'error' && isRefusal(status.error) && !isRefused) {
      isRefused = true;
      watcher.refused?.(status.error);
    }
  }
}
