import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FarEnd, startFarEnd } from '../../src/lab/far-end/start.ts';
import { type Squid, startSquid } from '../peers/squid.ts';
import { startTinyproxy, type Tinyproxy } from '../peers/tinyproxy.ts';
import { suiteNeeding } from '../support/suite-needing.ts';
import { makeWorkplace, type Workplace } from './rushhour.ts';

const run = promisify(execFile);

const USER = 'ada:s3hr-geheim';

/** rushhour says so where nothing is to follow, and far ends answer with a field of another length then. */
const LAST = ['-H', 'Connection: close'];

interface Exchange {
  readonly status: number;
  /** Of headers and bodies, as far as they were read. */
  readonly bytes: number;
  readonly connections: number;
}

suiteNeeding('rushhour beside curl', ['linux', 'curl', 'squid', 'tinyproxy', 'openssl'], () => {
  let far: FarEnd;
  let closing: FarEnd;
  let squid: Squid;
  let tiny: Tinyproxy;
  let place: Workplace;
  let ca: string;

  beforeAll(async () => {
    far = await startFarEnd({ asksForBasic: true, keepAlive: true, tls: true });
    closing = await startFarEnd({ asksForBasic: true, closesAfterChallenge: true });
    const [name, password] = USER.split(':') as [string, string];
    squid = await startSquid({
      isPersistent: true,
      auth: { scheme: 'basic', users: { [name]: password } },
    });
    tiny = await startTinyproxy(name, password);
    place = makeWorkplace();
    ca = join(place.dir, 'far-end.pem');
    await writeFile(ca, far.tlsOrigin!.certificate);
  });
  afterAll(async () => {
    for (const peer of [far, closing, squid, tiny]) await peer?.stop();
    await place?.clean();
  });

  const curl = async (...argv: string[]): Promise<Exchange> => {
    const { stdout } = await run('curl', [
      ...['-s', '--max-time', '20', '-o', '/dev/null'],
      ...['-w', '%{response_code} %{size_header} %{size_download} %{num_connects}', ...argv],
    ]);
    const [status = 0, head = 0, body = 0, connections = 0] = stdout.split(' ').map(Number);
    return { status, bytes: head + body, connections };
  };

  const rushhour = async (...argv: string[]): Promise<Exchange & { readonly outcomes: object }> => {
    const { arms } = await place.measure(['hit', '-n', '1', ...argv]);
    const { outcomes, bytes, started } = arms['hit']!;
    return { status: 'ok' in outcomes ? 200 : 0, bytes, connections: started, outcomes };
  };

  const url = ({ host, port }: { host: string; port: number }, scheme = 'http'): string =>
    `${scheme}://${host}:${port}/`;
  const proxies = () =>
    [
      ['the embedded far end', `127.0.0.1:${far.proxy.port}`, url(far.origin)],
      ['one that closes after its 407', `127.0.0.1:${closing.proxy.port}`, url(closing.origin)],
      ['Squid', `127.0.0.1:${squid.port}`, url(far.origin)],
      ['tinyproxy', `127.0.0.1:${tiny.port}`, url(far.origin)],
    ] as const;

  describe.each([0, 1, 2, 3])('through proxy %i', (index) => {
    it('sends Basic at once on one connection, and reads as many bytes', async () => {
      const [, proxy, target] = proxies()[index]!;
      const theirs = await curl('-x', proxy, '-U', USER, ...LAST, target);
      const ours = await rushhour('-x', proxy, '-U', USER, target);
      expect(theirs).toMatchObject({ status: 200, connections: 1 });
      expect(ours).toMatchObject(theirs);
    });

    it('answers a challenge on as many connections, and reads the challenge as well', async () => {
      const [, proxy, target] = proxies()[index]!;
      const challenge = await curl('-x', proxy, target);
      const atOnce = await curl('-x', proxy, '-U', USER, ...LAST, target);
      const asked = await curl('-x', proxy, '--proxy-anyauth', '-U', USER, target);
      const ours = await rushhour('-x', proxy, '-U', USER, '--challenge', target);
      expect(challenge.status).toBe(407);
      expect(ours).toMatchObject({ status: 200, connections: asked.connections });
      expect(ours.bytes).toBe(challenge.bytes + atOnce.bytes);
    });

    it('is refused without credentials, and with wrong ones', async () => {
      const [, proxy, target] = proxies()[index]!;
      expect((await curl('-x', proxy, target)).status).toBe(407);
      expect((await rushhour('-x', proxy, target)).outcomes).toEqual({ 'unexpected-status': 1 });
      if (index < 2) return;
      const wrong = ['-x', proxy, '-U', 'ada:wrong', target];
      // tinyproxy takes itself for an origin here.
      const [status, outcome] = index === 3 ? [401, 'unexpected-status'] : [407, 'auth-denied'];
      expect((await curl(...wrong)).status).toBe(status);
      expect((await rushhour(...wrong)).outcomes).toEqual({ [outcome]: 1 });
    });

    it('tunnels to plain HTTP', async () => {
      const [, proxy, target] = proxies()[index]!;
      const theirs = await curl('-p', '-x', proxy, '-U', USER, ...LAST, target);
      const ours = await rushhour('-p', '-x', proxy, '-U', USER, target);
      expect(theirs).toMatchObject({ status: 200, connections: 1 });
      expect(ours).toMatchObject({ status: 200, connections: 1, bytes: theirs.bytes });
    });
  });

  it.each([
    ['the far end', () => far.proxy.port],
    ['tinyproxy', () => tiny.port],
  ])('tunnels to TLS through %s', async (_name, port) => {
    const through = ['-x', `127.0.0.1:${port()}`, '-U', USER];
    const target = url(far.tlsOrigin!, 'https');
    const theirs = await curl(...through, '--cacert', ca, ...LAST, target);
    expect(theirs).toMatchObject({ status: 200, connections: 1 });
    expect(await rushhour(...through, '--cacert', ca, target)).toMatchObject(theirs);
    expect(await rushhour(...through, '-k', target)).toMatchObject(theirs);
    await expect(curl(...through, target)).rejects.toMatchObject({ code: 60 });
    expect((await rushhour(...through, target)).outcomes).toEqual({ 'tls-untrusted': 1 });
  });

  it('trusts what the system trusts', async () => {
    const before = process.env['SSL_CERT_FILE'];
    process.env['SSL_CERT_FILE'] = ca;
    try {
      const target = url(far.tlsOrigin!, 'https');
      expect((await rushhour(target)).outcomes).toEqual({ ok: 1 });
    } finally {
      if (before === undefined) delete process.env['SSL_CERT_FILE'];
      else process.env['SSL_CERT_FILE'] = before;
    }
  });

  it('speaks TLS without a proxy', async () => {
    const target = url(far.tlsOrigin!, 'https');
    const theirs = await curl('--cacert', ca, ...LAST, target);
    expect(theirs).toMatchObject({ status: 200, connections: 1 });
    expect(await rushhour('--cacert', ca, target)).toMatchObject(theirs);
  });
});
