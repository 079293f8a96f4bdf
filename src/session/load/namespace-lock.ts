import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Takes a lock that one process of this network namespace holds at a time: a socket with an abstract name, of which each
 * namespace has its own and which goes with its process, however that ends (unix(7), network_namespaces(7)). Linux.
 * @returns what gives it back; undefined where another holds it
 * @throws Error of the system where there can be no such socket
 */
export async function lockInNamespace(name: string): Promise<(() => Promise<void>) | undefined> {
  const server = createServer((socket) => socket.destroy());
  server.listen({ path: `\0${name}` });
  try {
    await once(server, 'listening');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return undefined;
    throw error;
  }
  server.unref();
  return () => new Promise((resolve) => server.close(() => resolve()));
}
