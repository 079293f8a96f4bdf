/** Web servers for names of every kind: http, and https with HTTP/2 or, for names that begin with "h1.", HTTP/1.1 alone. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createSecureServer } from 'node:http2';
import { join } from 'node:path';
import { ANSWER_AFTER_MS, answerTo } from './pages.mjs';

/**
 * Listens on 80 and 443 of an address.
 * @param {string} dir for the key and certificate @param {string} address @param {number} answerAfterMs
 */
export async function startOrigin(dir, address, answerAfterMs = ANSWER_AFTER_MS) {
  const [keyFile, certFile] = [join(dir, 'key.pem'), join(dir, 'cert.pem')];
  const names = ['-subj', '/CN=page.test', '-addext', 'subjectAltName=DNS:*.test,DNS:*.page.test'];
  const made = ['-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-keyout', keyFile, '-out', certFile];
  execFileSync('openssl', ['req', ...made, ...names], { stdio: 'ignore' });
  const answer = (scheme) => (request, response) => {
    const host = request.headers[':authority'] ?? request.headers.host ?? address;
    const { type, body } = answerTo(scheme, host.replace(/:\d+$/, ''), request.url);
    setTimeout(() => {
      response.writeHead(200, {
        'content-type': type,
        'content-length': body.length,
        'cache-control': 'no-store',
      });
      response.end(body);
    }, answerAfterMs);
  };
  const plain = createServer(answer('http'));
  const secure = createSecureServer(
    {
      key: readFileSync(keyFile),
      cert: readFileSync(certFile),
      allowHTTP1: true,
      // An address has no name.
      ALPNCallback: ({ servername, protocols }) =>
        String(servername).startsWith('h1.') || !protocols.includes('h2') ? 'http/1.1' : 'h2',
    },
    answer('https'),
  );
  // Of browsers that are ended in the middle of something.
  secure.on('sessionError', () => undefined);
  for (const [server, port] of [
    [plain, 80],
    [secure, 443],
  ]) {
    server.listen(port, address);
    await once(server, 'listening');
  }
  return {
    stop() {
      plain.closeAllConnections();
      plain.close();
      secure.close();
    },
  };
}
