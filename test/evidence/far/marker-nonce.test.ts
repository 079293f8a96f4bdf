import { expect, it } from 'vitest';
import { nonceOf, readMarkerNonce } from '../../../src/evidence/far/marker-nonce.ts';

const read = (text: string, marker = 'ticket-4711') => {
  const bytes = Buffer.from(`before${text}after`, 'latin1');
  return readMarkerNonce(marker)(bytes, 6, 6 + text.length);
};

it('finds which attempt a request is of, however a proxy writes the field', () => {
  const request = (line: string) => `GET / HTTP/1.1\r\nHost: far\r\n${line}\r\n\r\n`;
  expect(read(request('X-Rushhour-Marker: ticket-4711/stress/0000000000000042'))).toBe('stress/42');
  expect(read(request('x-rushhour-marker: ticket-4711/stress/0000000000000042'))).toBe('stress/42');
  expect(read(request('X-Rushhour-Marker: ticket-4711'))).toBeUndefined();
  expect(read(request('X-Rushhour-Marker: ticket-47110/stress/42'))).toBeUndefined();
  expect(read(request('X-Rushhour-Marker: other/stress/42'))).toBeUndefined();
  // Cut within the number: it might be another's.
  expect(read('X-Rushhour-Marker: ticket-4711/stress/00000000000000')).toBeUndefined();
});

it('is that of the attempt, whether in a ramp or not', () => {
  expect(nonceOf('stress~ramp', 42)).toBe('stress/42');
  expect(nonceOf('stress', 42)).toBe('stress/42');
});
