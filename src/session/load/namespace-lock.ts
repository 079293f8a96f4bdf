import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Takes a lock that only one process of this network namespace can hold: a socket with an abstract name, which is local
 * to the namespace and disappears with its process, however that ends (unix(7), network_namespaces(7)). Linux.
 * @returns a function that releases it; undefined if another process holds it
 * @throws Error of the system if such a socket cannot be created
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
