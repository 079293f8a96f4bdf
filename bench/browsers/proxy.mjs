/** A proxy that notes what every connection brings, and behaves as it is told. */
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { ANSWER_AFTER_MS, answerTo, isOfPages, isSilent } from './pages.mjs';

export const LOGIN = { username: 'pupil1', password: 'swordfish' };
const BASIC = `Basic ${Buffer.from(`${LOGIN.username}:${LOGIN.password}`).toString('base64')}`;
/** As long as the page that proxies send with it. */
const CHALLENGE_BODY = Buffer.alloc(1_500, 'x');
/** A token of Kerberos is some hundred bytes at least (RFC 4120); NTLM's first is 40 and would not be one of the realm's. */
const LEAST_TOKEN_CHARACTERS = 400;

/**
 * @param {object} options
 * @param {string} options.address @param {number} options.port
 * @param {'none' | 'basic' | 'negotiate'} options.auth
 * @param {boolean} options.closes after its 407
 * @param {string} [options.fault] what comes instead of an answer to the first request on a connection used before, once:
 *   `408`, `RST`, `FIN` or `half a header`
 */
export async function startProxy(options) {
  const connections = [];
  const state = { options, connections, faultsLeft: 0 };
  const server = createServer((socket) => take(state, socket));
  server.listen(options.port, options.address);
  await once(server, 'listening');
  return {
    connections,
    /** The next request on a connection used before meets the fault. */
    arm: () => (state.faultsLeft = 1),
    async stop() {
      for (const { socket } of connections) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function take(state, socket) {
  const connection = {
    socket,
    port: socket.remotePort,
    requests: [],
    served: 0,
    isKnown: false,
    isTunnel: false,
  };
  state.connections.push(connection);
  let head = '';
  socket.setNoDelay(true);
  socket.on('error', () => undefined);
  socket.on('data', (bytes) => {
    if (connection.isTunnel || connection.isForeign) return;
    head += bytes.toString('latin1');
    for (
      let end = head.indexOf('\r\n\r\n');
      end >= 0 && !connection.isTunnel;
      end = head.indexOf('\r\n\r\n')
    ) {
      const request = readHead(head.slice(0, end));
      head = head.slice(end + 4);
      connection.requests.push(request);
      answer(state, connection, request);
    }
  });
}

function readHead(text) {
  const [line, ...fields] = text.split('\r\n');
  const [method, target] = line.split(' ');
  const credentials = fields.find((field) => /^proxy-authorization:/i.test(field));
  return {
    ...{ method, target, status: 0 },
    host: (/^[a-z]+:\/\/([^/:]+)/.exec(target) ?? /^([^:]+)/.exec(target))?.[1] ?? '',
    credentials: credentials?.replace(/^[^:]*:\s*/, ''),
  };
}

function answer(state, connection, request) {
  const { socket } = connection;
  const { options } = state;
  if (!isOfPages(request.host)) return refuse(connection, request);
  if (!isLetIn(options.auth, connection, request)) return challenge(options, socket, request);
  if (isSilent(request.host)) return;
  if (connection.served > 0 && state.faultsLeft > 0) {
    state.faultsLeft -= 1;
    request.status = options.fault;
    return fail(socket, options.fault);
  }
  request.status = 200;
  connection.served += 1;
  if (request.method === 'CONNECT') return tunnel(options, connection);
  const { pathname, search } = new URL(request.target);
  const { type, body } = answerTo('http', request.host, pathname + search);
  const head = `HTTP/1.1 200 OK\r\nContent-Type: ${type}\r\nCache-Control: no-store\r\nContent-Length: ${body.length}\r\n\r\n`;
  setTimeout(() => socket.write(Buffer.concat([Buffer.from(head), body])), ANSWER_AFTER_MS);
}

/** What a browser asks of its own accord, with a body perhaps. */
function refuse(connection, request) {
  connection.isForeign = true;
  request.status = 403;
  connection.socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
}

/** Negotiate lets the connection in, as Squid's does; Basic is of each request (RFC 7617, RFC 4559). */
function isLetIn(auth, connection, { credentials = '' }) {
  if (auth === 'none') return true;
  if (auth === 'basic') return credentials === BASIC;
  const token = /^Negotiate (\S+)$/.exec(credentials)?.[1] ?? '';
  connection.isKnown ||= token.length >= LEAST_TOKEN_CHARACTERS;
  return connection.isKnown;
}

function challenge({ auth, closes }, socket, request) {
  request.status = 407;
  const scheme = auth === 'basic' ? 'Basic realm="browsers"' : 'Negotiate';
  socket.write(
    `HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: ${scheme}\r\nContent-Type: text/html\r\n` +
      `Content-Length: ${CHALLENGE_BODY.length}\r\nConnection: ${closes ? 'close' : 'keep-alive'}\r\n` +
      `Proxy-Connection: ${closes ? 'close' : 'keep-alive'}\r\n\r\n`,
  );
  socket.write(CHALLENGE_BODY);
  if (closes) socket.end();
}

function fail(socket, fault) {
  if (fault === 'RST') return socket.resetAndDestroy();
  if (fault === 'FIN') return socket.end();
  if (fault === 'half a header') return socket.end('HTTP/1.1 200 OK\r\nContent-Le');
  socket.end('HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
}

/** Every name is the origin. */
function tunnel({ address }, connection) {
  const { socket } = connection;
  connection.isTunnel = true;
  const far = connect(443, address, () => {
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
    socket.pipe(far);
    far.pipe(socket);
  });
  far.on('error', () => socket.destroy());
  socket.on('close', () => far.destroy());
}
