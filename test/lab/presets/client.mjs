// A client that owes nothing to rushhour's engines: plain node:net. Runs inside a lab; its input is a list of attempts as
// JSON (see in-lab.ts), its output what became of each.
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';

const attempts = JSON.parse(readFileSync(0, 'utf8'));
const startedAt = performance.now();

function run({ atMs, from, port, toHost, toPort, send, giveUpMs }) {
  return new Promise((resolve) => {
    setTimeout(() => {
      const beganAt = performance.now();
      const since = () => performance.now() - beganAt;
      const seen = { startedAtMs: beganAt - startedAt, connectMs: null, firstByteMs: null, bytes: 0 };
      const socket = connect({ host: toHost, port: toPort, localAddress: from, localPort: port });
      const end = (how) => {
        clearTimeout(patience);
        resolve({ ...seen, end: how, endMs: since() });
        // A connection given up leaves no TIME_WAIT behind, on either side.
        // One that is still being opened would only be reset once it is.
        if (seen.connectMs === null) socket.destroy();
        else if (how === 'gave-up') socket.resetAndDestroy();
      };
      const patience = setTimeout(end, giveUpMs, 'gave-up');
      socket.on('connect', () => {
        seen.connectMs = since();
        if (send !== '') socket.write(send);
      });
      socket.on('data', (chunk) => {
        seen.firstByteMs ??= since();
        seen.bytes += chunk.length;
      });
      socket.on('error', (error) => end(error.code));
      // The far side has closed first; node:net answers with a FIN of its own.
      socket.on('close', () => end('closed'));
    }, atMs);
  });
}

process.stdout.write(JSON.stringify(await Promise.all(attempts.map(run))));
