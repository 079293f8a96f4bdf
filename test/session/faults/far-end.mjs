// The far side of a soak that things happen to: a proxy that answers everything itself and keeps a list of what it
// accepted, and a database that takes points as InfluxDB 1.x does. Does what it is told over IPC, and says when it has.
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { readPoint } from './line-protocol.mjs';

const [proxyPort, databasePort] = process.argv.slice(2).map(Number);
const ANSWER = 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nok\n';

/** Of every connection: when, and to which of the addresses here. */
const accepted = [];
/** By series and time: its fields, as they came last, and how often they came. */
const points = new Map();
/** Of what the database did not take: what is wrong with it. */
const refused = [];

function serve(socket) {
  accepted.push([Date.now(), socket.localAddress]);
  socket.setNoDelay(true);
  socket.on('error', () => {});
  socket.once('data', () => socket.end(ANSWER));
}

function takePoint(line) {
  const { key, fields, text, at } = readPoint(line);
  const known = points.get(`${key} ${at}`);
  points.set(`${key} ${at}`, {
    ...{ key, fields, text },
    times: (known?.times ?? 0) + 1,
    isSame: known === undefined || (known.isSame && known.text === text),
  });
}

/** As InfluxDB 1.x does: what is a point is taken, and the answer names what is none. */
async function takePoints(request, response) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const faults = [];
  for (const line of gunzipSync(Buffer.concat(chunks)).toString().split('\n')) {
    if (line === '') continue;
    try {
      takePoint(line);
    } catch (error) {
      faults.push(error.message);
    }
  }
  refused.push(...faults);
  response.writeHead(faults.length === 0 ? 204 : 400).end(faults[0]);
}

const listening = (server, port) =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: '0.0.0.0', port, backlog: 4_096 }, resolve);
  });
const closed = (server) => new Promise((resolve) => server.close(resolve));

let proxy;
let database;
const acts = {
  async 'proxy-up'() {
    proxy = createServer(serve);
    await listening(proxy, proxyPort);
  },
  /**
   * Connections that are open go on. Nobody waits for them: those of a soak that was killed while its link was down, or
   * whose address has gone, stay open for ever.
   */
  'proxy-down'() {
    proxy.close();
  },
  async 'database-up'() {
    database = createHttpServer((request, response) => {
      takePoints(request, response).catch((error) => response.writeHead(400).end(error.message));
    });
    await listening(database, databasePort);
  },
  async 'database-down'() {
    const down = closed(database);
    database.closeAllConnections();
    await down;
  },
  tell: () => ({ accepted, refused, points: [...points.values()].map(({ text: _, ...point }) => point) }),
};

process.on('message', ({ id, act }) => {
  Promise.resolve(acts[act]()).then(
    (value) => process.send({ id, value }),
    (error) => process.send({ id, error: error.message }),
  );
});
process.once('disconnect', () => process.exit());
process.send({ id: 0 });
