import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { makeFolder, recordRun } from '../store/runs.ts';
import { openSite, request, statusOf, type TestSite } from './site.ts';

const SECRET = 'not for anybody';

let results: string;
let site: TestSite;
let id: string;

beforeEach(async () => {
  const root = makeFolder();
  results = join(root, 'results');
  writeFileSync(join(root, 'secret.txt'), SECRET);
  ({ id } = await recordRun(results, 2));
  writeFileSync(join(results, id, 'secret.txt'), SECRET);
  site = await openSite(results);
});

function own(): string {
  return `Host: 127.0.0.1:${site.port}`;
}

describe('who is answered', () => {
  it.each([
    'POST',
    'PUT',
    'DELETE',
    'PATCH',
    'OPTIONS',
    'PROPFIND',
  ])('%s is refused, and what is allowed is said', async (method) => {
    const answer = await site.raw(request('/', [own(), 'Content-Length: 0'], method));
    expect(statusOf(answer)).toBe(405);
    expect(answer).toMatch(/\r\nAllow: GET, HEAD\r\n/);
  });

  it('a page is asked for by the names of this machine, and by no other', async () => {
    const statusFor = async (...hosts: string[]) =>
      statusOf(
        await site.raw(
          request(
            '/api/runs',
            hosts.map((host) => `Host: ${host}`),
          ),
        ),
      );
    const { port } = site;
    for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, `LOCALHOST:${port}`, `[::1]:${port}`]) {
      expect([host, await statusFor(host)]).toEqual([host, 200]);
    }
    const foreign = [
      ...['evil.example', `evil.example:${port}`, `127.0.0.1.evil.example:${port}`, `10.0.0.1:${port}`],
      ...[`localhost:${port + 1}`, 'localhost', `127.0.0.1:${port}@evil.example`, `x@127.0.0.1:${port}`],
      ...[`localhost.:${port}`, `127.1:${port}`, `[::ffff:127.0.0.1]:${port}`, `:${port}`, '', '[', ']:1'],
    ];
    for (const host of foreign) expect([host, await statusFor(host)]).toEqual([host, 421]);
    expect(await statusFor(`127.0.0.1:${port}`, 'evil.example')).not.toBe(200);
    expect(statusOf(await site.raw('GET /api/runs HTTP/1.0\r\n\r\n'))).toBe(421);
  });

  it('what another site sends is refused', async () => {
    const statusFor = async (...headers: string[]) =>
      statusOf(await site.raw(request('/api/runs', [own(), ...headers])));
    expect(await statusFor('Origin: http://evil.example')).toBe(403);
    expect(await statusFor('Origin: null')).toBe(403);
    expect(await statusFor(`Origin: https://127.0.0.1:${site.port}`)).toBe(403);
    expect(await statusFor(`Origin: http://127.0.0.1:${site.port + 1}`)).toBe(403);
    expect(await statusFor('Sec-Fetch-Site: cross-site', 'Sec-Fetch-Mode: navigate')).toBe(403);
    expect(await statusFor('Sec-Fetch-Site: same-site')).toBe(403);
    expect(await statusFor(`Origin: http://127.0.0.1:${site.port}`, 'Sec-Fetch-Site: same-origin')).toBe(200);
    expect(await statusFor('Sec-Fetch-Site: none')).toBe(200);
  });
});

describe('what is asked for', () => {
  it('no address leads out of the list of runs', async () => {
    const up = [
      '..',
      '%2e%2e',
      '.%2e',
      '..%2f..',
      '%2e%2e%2f%2e%2e',
      '..%5c..',
      '....//',
      '%252e%252e',
      '..%c0%af..',
    ];
    const targets = up.flatMap((dots) => [
      `/${dots}/secret.txt`,
      `/runs/${dots}/secret.txt`,
      `/runs/${dots}%2fsecret.txt`,
      `/api/runs/${dots}/summary`,
      `/api/runs/${id}%2f${dots}%2f${id}/summary`,
      `/assets/${dots}%2fpage.js`,
      `/api/compare?before=${dots}/x&after=${id}`,
    ]);
    targets.push(
      ...[`/runs/${id}/secret.txt`, `/runs/${id}%2fsecret.txt`, `/${id}/run.json`, `/runs/${results}/${id}`],
      ...[
        `/runs/${encodeURIComponent(join(results, id))}`,
        `/api/runs/%2f/summary`,
        '//etc/passwd',
        '/runs/.',
      ],
      ...['/assets/__proto__', '/runs/constructor', '/runs/', '/api/runs//summary', `/runs/${id}/`],
    );
    for (const target of targets) {
      const answer = await site.raw(request(target, [own()]));
      expect([target, [400, 404].includes(statusOf(answer))]).toEqual([target, true]);
      expect(answer).not.toContain(SECRET);
    }
    expect(site.faults).toEqual([]);
  });

  it('an address that is none is refused, and the next one is answered', async () => {
    const targets: [string, number][] = [
      [`/runs/${id}%00`, 400],
      ['/runs/%00', 400],
      ['/%', 400],
      ['/runs/%ff%fe', 400],
      ['/runs/%0d%0aSet-Cookie:x', 400],
      ['*', 400],
      ['http://evil.example/', 400],
      [`http://127.0.0.1:${site.port}/`, 400],
      [`/${'a'.repeat(3_000)}`, 414],
      [`/?${'a=b&'.repeat(900)}`, 414],
    ];
    for (const [target, status] of targets) {
      const answer = await site.raw(request(target, [own()]));
      expect([target.slice(0, 40), statusOf(answer)]).toEqual([target.slice(0, 40), status]);
    }
    for (const text of [
      `GET /${'a'.repeat(20_000)} HTTP/1.1\r\n${own()}\r\n\r\n`,
      `GET / HTTP/1.1\r\n${own()}\r\nX: ${'y'.repeat(20_000)}\r\n\r\n`,
      'GET /\x00 HTTP/1.1\r\n\r\n',
      '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n',
      `CONNECT evil.example:443 HTTP/1.1\r\n${own()}\r\n\r\n`,
    ]) {
      expect(await site.raw(text)).not.toMatch(/^HTTP\/1\.1 200/);
    }
    expect((await site.get('/')).status).toBe(200);
    expect(site.faults).toEqual([]);
  });

  it('a run whose files lie elsewhere is not shown, nor a folder that does', async () => {
    const elsewhere = makeFolder();
    mkdirSync(join(results, 'linked'));
    for (const file of ['run.json', 'frames.jsonl', 'latency.hlog', 'stalls.jsonl']) {
      symlinkSync(join(results, id, file), join(results, 'linked', file));
    }
    renameSync((await recordRun(elsewhere, 1)).dir, join(elsewhere, 'run'));
    symlinkSync(join(elsewhere, 'run'), join(results, 'outside'));
    for (const path of ['/runs/linked', '/api/runs/linked/summary', '/api/runs/linked/live']) {
      expect([path, (await site.get(path)).status]).toEqual([path, 403]);
    }
    expect((await site.get('/runs/outside')).status).toBe(404);
  });
});

describe('how it is answered', () => {
  it('every answer keeps the browser from fetching, guessing and telling', async () => {
    for (const path of ['/', '/live', `/runs/${id}`, '/nothing', '/assets/serve.js', '/api/runs', '/%']) {
      const { headers } = await site.get(path);
      const policy = headers.get('content-security-policy') ?? '';
      expect([path, policy]).toEqual([path, expect.stringMatching(/^default-src 'none';/)]);
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).toContain("base-uri 'none'");
      expect(policy).not.toContain('unsafe');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(headers.get('cache-control')).toBe('private, no-cache');
      expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
    }
  });

  it('HEAD has the headers of GET and no body', async () => {
    const answer = await site.raw(request('/', [own()], 'HEAD'));
    const length = (await (await site.get('/')).text()).length;
    expect(statusOf(answer)).toBe(200);
    expect(answer).toMatch(new RegExp(`\r\nContent-Length: ${length}\r\n`));
    expect(answer.endsWith('\r\n\r\n')).toBe(true);
  });

  it('a flood on one connection is answered one and all, some by a refusal', async () => {
    const one = `GET /api/runs HTTP/1.1\r\n${own()}\r\n\r\n`;
    const answer = await site.raw(one.repeat(500) + request('/live', [own()]));
    const statuses = [...answer.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => status);
    expect(statuses).toHaveLength(501);
    expect(new Set(statuses)).toEqual(new Set(['200', '503']));
    expect((await site.get('/')).status).toBe(200);
  });
});

describe('a client that asks for much and goes away', () => {
  /** Sends requests in one piece and resets the connection once the first answer begins, or at once. */
  const floodAndLeave = (port: number, text: string, waits: boolean): Promise<void> =>
    new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.write(text, () => (waits ? undefined : socket.resetAndDestroy()));
      });
      socket.once('data', () => socket.resetAndDestroy());
      socket.once('close', () => resolve()).once('error', reject);
    });

  it.each([
    ['127.0.0.1', true],
    ['127.0.0.1', false],
    ['0.0.0.0', true],
    ['0.0.0.0', false],
  ])('at %s keeps nobody else out (it hears the first answer: %s)', async (address, waits) => {
    const open = await openSite(results, address);
    const one = `GET /api/runs HTTP/1.1\r\nHost: 127.0.0.1:${open.port}\r\n\r\n`;
    for (let index = 0; index < 2; index += 1) await floodAndLeave(open.port, one.repeat(200), waits);
    const token = new URL(open.urls[0]!).searchParams.get('token');
    const given: Record<string, string> = token === null ? {} : { Cookie: `rushhour-${open.port}=${token}` };
    await expect.poll(async () => (await open.get('/api/runs', given)).status).toBe(200);
    expect(open.faults).toEqual([]);
  });

  it('is not let in, and takes no room from those who are', async () => {
    const open = await openSite(results, '0.0.0.0');
    const host = `Host: 127.0.0.1:${open.port}`;
    const answer = await open.raw(
      `GET /api/runs HTTP/1.1\r\n${host}\r\n\r\n`.repeat(200) + request('/', [host]),
    );
    const statuses = [...answer.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => status);
    expect(statuses).toHaveLength(201);
    expect(new Set(statuses)).toEqual(new Set(['401']));
  });
});

describe('an address that others reach', () => {
  it('is shown to those alone who have its token, and keeps it out of later addresses', async () => {
    const open = await openSite(results, '0.0.0.0');
    expect(open.isOpen).toBe(true);
    const token = new URL(open.urls[0]!).searchParams.get('token')!;
    expect(token).toMatch(/^[\w-]{32}$/);
    for (const path of [
      '/',
      `/runs/${id}`,
      '/api/runs',
      '/assets/serve.js',
      '/?token=',
      `/?token=${token}x`,
    ]) {
      expect([path, (await open.get(path)).status]).toEqual([path, 401]);
    }
    const entry = await open.get(`/compare?before=a&token=${token}`);
    expect(entry.status).toBe(303);
    expect(entry.headers.get('location')).toBe('/compare?before=a');
    const cookie = entry.headers.get('set-cookie') ?? '';
    expect(cookie).toBe(`rushhour-${open.port}=${token}; Path=/; HttpOnly; SameSite=Strict`);
    const given = { Cookie: `other=1; ${cookie.split(';')[0]}` };
    expect((await open.get('/api/runs', given)).status).toBe(200);
    expect((await open.get('/api/runs', { Cookie: `rushhour-${open.port}=x` })).status).toBe(401);
    const away = await open.raw(request(`//evil.example/?token=${token}`, [`Host: 127.0.0.1:${open.port}`]));
    expect(away).toMatch(/\r\nLocation: \/evil\.example\/\r\n/);
  });

  it('is asked for by an address, for a name might be led here by others', async () => {
    const open = await openSite(results, '0.0.0.0');
    const statusFor = async (host: string) =>
      statusOf(await open.raw(request('/', [`Host: ${host}:${open.port}`])));
    expect(await statusFor('192.0.2.1')).toBe(401);
    expect(await statusFor('evil.example')).toBe(421);
  });
});
