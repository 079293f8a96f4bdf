import { expect, it } from 'vitest';
import { readHeadFacts } from '../../../src/engine/browser/head-facts.ts';
import { readPersistence } from '../../../src/engine/http/challenge.ts';

it.each([
  [true, 'HTTP/1.1', ''],
  [true, 'HTTP/1.1', 'Connection: keep-alive\r\n'],
  [true, 'HTTP/1.1', 'connection:Keep-Alive \r\nProxy-Connection: keep-alive\r\n'],
  [true, 'HTTP/1.1', 'Connection: upgrade\r\n'],
  [false, 'HTTP/1.1', 'Connection: close\r\n'],
  [false, 'HTTP/1.1', 'CONNECTION: Close\r\n'],
  [false, 'HTTP/1.1', 'Connection: keep-alive,close\r\n'],
  [false, 'HTTP/1.1', 'Proxy-Connection: Close\r\nVia: 1.1 proxy\r\n'],
  [false, 'HTTP/1.1', 'Cookie: no\r\nConnection: keep-alive\r\nconnection: close\n'],
  [true, 'HTTP/1.1', 'Connection-Info: close\r\nPragma: close\r\n'],
  [false, 'HTTP/1.1', 'Connection: keep-alive, close\r\n'],
  [false, 'HTTP/1.1', 'Connection: keep-alive\r\nProxy-Connection: close\r\n'],
  [false, 'HTTP/1.1', 'Connection: keep-alive\r\nConnection: close\r\n'],
  [false, 'HTTP/1.0', ''],
  [true, 'HTTP/1.0', 'Connection: keep-alive\r\n'],
  [true, 'HTTP/1.1', 'X-Connection: close\r\n'],
])('takes %s for whether the connection persists after %s %j', (persists, version, fields) => {
  const head = Buffer.from(`${version} 200 OK\r\nDate: now\r\n${fields}Content-Length: 5\r\n\r\n`);
  expect(readPersistence(head)).toBe(persists);
  expect(readHeadFacts(head, head.length, 200, undefined).persists).toBe(persists);
});

it('heeds a Connection field that goes on in the next line', () => {
  const head = Buffer.from('HTTP/1.1 200 OK\r\nConnection: keep-alive\r\n , close\r\n\r\n');
  expect(readHeadFacts(head, head.length, 200, undefined).persists).toBe(readPersistence(head));
});
