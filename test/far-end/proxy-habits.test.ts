import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { promisify } from 'node:util';
import { afterEach, expect, it } from 'vitest';
import { type FarEnd, startFarEnd } from '../../src/lab/far-end/start.ts';
import type { HostPort } from '../../src/scenario/types.ts';
import { suiteNeeding } from '../support/suite-needing.ts';

const run = promisify(execFile);

let farEnd: FarEnd | undefined;
let directory: string | undefined;

async function start(options: Parameters<typeof startFarEnd>[0]): Promise<FarEnd> {
  farEnd = await startFarEnd(options);
  return farEnd;
}

afterEach(async () => {
  await farEnd?.stop();
  if (directory !== undefined) await rm(directory, { recursive: true });
  farEnd = undefined;
  directory = undefined;
});

/** curl's own view of an exchange: final status, connections opened, and what it was told on the way. */
async function curl(...argv: string[]): Promise<{ status: string; connects: string; log: string }> {
  const { stdout, stderr } = await run('curl', [
    ...['-sv', '--max-time', '10', '-o', '/dev/null', '-w', '%{http_code} %{num_connects}'],
    ...argv,
  ]);
  const [status = '', connects = ''] = stdout.split(' ');
  return { status, connects, log: stderr };
}

const url = ({ host, port }: HostPort, scheme = 'http'): string => `${scheme}://${host}:${port}/`;
const at = ({ host, port }: HostPort): string => `${host}:${port}`;

async function writeCertificate({ tlsOrigin }: FarEnd): Promise<string> {
  directory = await mkdtemp(join(tmpdir(), 'rushhour-far-end-'));
  const file = join(directory, 'far-end.pem');
  await writeFile(file, tlsOrigin!.certificate);
  return file;
}

suiteNeeding('the habits of the embedded far end, seen by curl', ['curl'], () => {
  it('asks for Basic credentials and takes them on the same connection', async () => {
    const { proxy, origin, count } = await start({ keepAlive: true, asksForBasic: true });
    const through = ['-x', at(proxy), '--proxy-anyauth', '-U', 'ada:secret', url(origin)];
    expect(await curl(...through)).toMatchObject({ status: '200', connects: '1' });
    expect(await count()).toMatchObject({ challenges: 1, proxyRequests: 1, proxyConnections: 1 });
  });

  it('refuses who brings none, or a user without a password', async () => {
    const { proxy, origin, count } = await start({ asksForBasic: true });
    expect((await curl('-x', at(proxy), url(origin))).status).toBe('407');
    expect((await curl('-x', at(proxy), '-U', 'ada:', url(origin))).status).toBe('407');
    expect(await count()).toMatchObject({ challenges: 2, proxyRequests: 0 });
  });

  it('closes after it has asked, where told to: the request takes a second connection', async () => {
    const { proxy, origin, count } = await start({
      keepAlive: true,
      asksForBasic: true,
      closesAfterChallenge: true,
    });
    const through = ['-x', at(proxy), '--proxy-anyauth', '-U', 'ada:secret', url(origin)];
    expect(await curl(...through)).toMatchObject({ status: '200', connects: '2' });
    expect(await count()).toMatchObject({ challenges: 1, proxyRequests: 1, proxyConnections: 2 });
  });

  it.each([
    [false, 1],
    [true, 2],
  ])('asks before it opens a tunnel, too (closing: %s)', async (closesAfterChallenge, connections) => {
    const far = await start({ tls: true, asksForBasic: true, closesAfterChallenge });
    const ca = await writeCertificate(far);
    const through = ['-x', at(far.proxy), '--proxy-anyauth', '-U', 'ada:secret', '--cacert', ca];
    const { status, log } = await curl(...through, url(far.tlsOrigin!, 'https'));
    expect(status).toBe('200');
    expect(log).toContain('SSL certificate verify ok');
    expect(await far.count()).toMatchObject({
      challenges: 1,
      tunnels: 1,
      originRequests: 1,
      proxyConnections: connections,
    });
  });

  it('tunnels to its origin without TLS as well, and to nobody else', async () => {
    const { proxy, origin, count } = await start({});
    expect((await curl('-p', '-x', at(proxy), url(origin))).status).toBe('200');
    await expect(curl('-p', '-x', at(proxy), 'http://192.0.2.1/')).rejects.toThrow('403');
    expect(await count()).toMatchObject({ tunnels: 1, refusedRequests: 1, proxyConnections: 2 });
  });

  it('speaks TLS without its proxy, for every name and address of its own', async () => {
    const far = await start({ listen: { host: '::1', port: 0 }, tls: true });
    const { port, certificate } = far.tlsOrigin!;
    for (const servername of ['localhost', '::1']) {
      const socket = connectTls({
        host: '::1',
        port,
        ca: certificate,
        servername: '',
        checkServerIdentity: () => undefined,
      });
      await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject));
      const peer = socket.getPeerX509Certificate()!;
      const matches = servername === '::1' ? peer.checkIP(servername) : peer.checkHost(servername);
      expect(matches).toBe(servername);
      socket.destroy();
    }
  });
});
