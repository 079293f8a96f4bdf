import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/**
 * A far end that answers no SYN, as its queue of connections is full and it does not run, until it goes on.
 * @param stopsItself once it has answered, and not before
 */
export async function startBusy(stopsItself = false) {
  const child = spawn(process.execPath, ['-e', SERVER, String(stopsItself)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const fillers: Socket[] = [];
  onTestFinished(() => {
    for (const filler of fillers) filler.destroy();
    child.kill('SIGKILL');
  });
  const [line] = await once(child.stdout, 'data');
  const peer = { host: '127.0.0.1', port: Number(String(line)) };
  if (stopsItself) return { peer, goOn: () => child.kill('SIGCONT') };
  child.kill('SIGSTOP');
  // One more than the backlog (net/core/sock.h, sk_acceptq_is_full).
  for (let filler = 0; filler < 2; filler += 1) {
    const socket = connect(peer.port, peer.host);
    fillers.push(socket);
    await once(socket, 'connect');
  }
  return { peer, goOn: () => child.kill('SIGCONT') };
}

const SERVER = `const stopsItself = process.argv[1] === 'true';
const server = require('node:net').createServer((socket) => {
  socket.on('error', () => {});
  socket.on('data', () =>
    socket.write('HTTP/1.1 200 OK\\r\\nContent-Length: 5\\r\\n\\r\\nhello', () => {
      if (stopsItself) process.kill(process.pid, 'SIGSTOP');
    }));
});
server.listen({ host: '127.0.0.1', port: 0, backlog: 1 }, () => console.log(server.address().port));`;
