import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readBody } from '../../src/cli/flags/values.ts';
import { compileRequest } from '../../src/engine/http/request.ts';
import type { CreateEngine } from '../../src/engine/types.ts';
import { scenarioForHit } from '../../src/scenario/hit.ts';
import { armTo, outcomeOf } from '../support/arms.ts';
import { answering, responseOf, startPeer } from '../support/servers.ts';
import { attemptOnce } from './attempts.ts';

const EVERY_BYTE = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));

/** A file's bytes are those that are sent: from the command line to the far end. */
export function describeBytes(create: CreateEngine): void {
  describe('a body from a file', () => {
    it('is sent as it is, whatever its bytes, and counted so', async () => {
      const dir = mkdtempSync(join(tmpdir(), 'rushhour-body-'));
      onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
      writeFileSync(join(dir, 'body'), Buffer.concat([EVERY_BYTE, Buffer.from('\r\n{nonce}\r\n')]));
      const peer = await startPeer(answering(responseOf('hello'), 'closes'));
      const { arms } = scenarioForHit({
        url: `http://127.0.0.1:${peer.port}/`,
        method: 'POST',
        body: readBody('@body', dir),
        headers: ['X-Name: m\u00fcller'],
      });
      const request = compileRequest(arms[0]!)!;
      expect(outcomeOf(await attemptOnce(create, armTo(peer, { request })))).toBe('ok');
      // The peer keeps a character for each byte.
      const [head = '', ...rest] = peer.seen[0]!.received.split('\r\n\r\n');
      expect(rest.join('\r\n\r\n')).toBe(`${EVERY_BYTE.toString('latin1')}\r\n${'0'.repeat(16)}\r\n`);
      expect(head).toContain(`\r\nContent-Length: ${256 + 2 + 16 + 2}`);
      // Text is sent as UTF-8.
      expect(head).toContain('\r\nX-Name: m\xc3\xbcller');
    });
  });
}
