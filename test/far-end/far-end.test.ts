import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { formatArguments, parseArguments } from '../../src/lab/far-end/arguments.ts';
import { FAR_END_DEFAULTS } from '../../src/lab/far-end/protocol.ts';
import { type FarEnd, startFarEnd } from '../../src/lab/far-end/start.ts';
import type { HostPort } from '../../src/scenario/types.ts';

let farEnd: FarEnd | undefined;

it('is ended where it does not come to listen', async () => {
  await expect(startFarEnd({}, 0)).rejects.toMatchObject({
    exitCode: 5,
    message: 'The embedded far end is not running: it ended with SIGKILL.',
    hint: expect.stringContaining('ulimit -u'),
  });
});

it('goes on where what it says of itself cannot be written', async () => {
  // Linux: every write fails with ENOSPC (full(4)).
  const full = openSync('/dev/full', 'w');
  const main = fileURLToPath(new URL('../../dist/lab/far-end/main.js', import.meta.url));
  const warning =
    'process.once("message", () => process.stderr.write("a warning", () => process.send("said")))';
  const child = spawn(
    process.execPath,
    ['--import', `data:text/javascript,${encodeURIComponent(warning)}`, main, '--listen', '127.0.0.1:0'],
    { stdio: ['ignore', 'pipe', full, 'ipc'] },
  );
  closeSync(full);
  try {
    const [line] = (await once(createInterface({ input: child.stdout! }), 'line')) as [string];
    const { origin } = JSON.parse(line) as { origin: HostPort };
    child.send('warn');
    await Promise.race([once(child, 'message'), once(child, 'exit')]);
    expect(await exchange(origin, 'GET / HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.[01] 200 /);
  } finally {
    child.kill('SIGKILL');
  }
});

interface Listening {
  readonly proxy: HostPort;
  readonly origin: HostPort;
}

/** The program by itself, and what it says first. */
async function startProgram(...args: string[]) {
  const main = fileURLToPath(new URL('../../dist/lab/far-end/main.js', import.meta.url));
  const child = spawn(process.execPath, [main, '--listen', '127.0.0.1:0', ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return { child, message: JSON.parse(line) as Listening };
}

async function start(options: Parameters<typeof startFarEnd>[0] = {}): Promise<FarEnd> {
  farEnd = await startFarEnd(options);
  return farEnd;
}

afterEach(async () => {
  await farEnd?.stop();
  farEnd = undefined;
});

/** Sends text and gives all that comes back until the far side closes, without ever closing first. */
async function exchange(at: HostPort, text: string): Promise<string> {
  const socket = connect({ ...at, allowHalfOpen: true });
  let received = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    received += chunk;
  });
  socket.write(text);
  await once(socket, 'end');
  socket.destroy();
  return received;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function accepts(at: HostPort): Promise<boolean> {
  const socket = connect(at);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

function absoluteGet({ host, port }: HostPort, version = '1.1'): string {
  const name = host.includes(':') ? `[${host}]` : host;
  return `GET http://${name}:${port}/page?n=1 HTTP/${version}\r\nHost: ${name}:${port}\r\n\r\n`;
}

describe('the embedded far end', () => {
  it.each(['1.0', '1.1'])('answers through its proxy over HTTP/%s and closes first', async (version) => {
    const { proxy, origin } = await start({ responseBytes: 5_000 });
    const response = await exchange(proxy, absoluteGet(origin, version));
    expect(response).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(response).toMatch(/\r\nConnection: close\r\n/i);
    expect(response.split('\r\n\r\n')[1]).toHaveLength(5_000);
  });

  it('answers without its proxy, too', async () => {
    const { origin } = await start();
    expect(await exchange(origin, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n')).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  });

  it('listens on IPv6 where told to', async () => {
    const { proxy, origin } = await start({ listen: { host: '::1', port: 0 } });
    expect(await exchange(proxy, absoluteGet(origin))).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  });

  it('forwards to nothing but its own origin', async () => {
    const { proxy, origin } = await start();
    const elsewhere = { host: origin.host, port: origin.port === 65_535 ? 1 : origin.port + 1 };
    expect(await exchange(proxy, absoluteGet(elsewhere))).toMatch(/^HTTP\/1\.1 403 /);
    expect(await exchange(proxy, absoluteGet({ host: '192.0.2.1', port: origin.port }))).toMatch(
      /^HTTP\/1\.1 403 /,
    );
    expect(await exchange(proxy, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
    expect(await exchange(proxy, 'CONNECT x:443 HTTP/1.1\r\nHost: x\r\n\r\n')).toMatch(/^HTTP\/1\.1 403 /);
  });

  it('keeps connections where told to, and answers the next request on them', async () => {
    const { proxy, origin } = await start({ keepAlive: true, responseBytes: 0 });
    const response = await exchange(
      proxy,
      absoluteGet(origin) + absoluteGet(origin).replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'),
    );
    expect(response.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(2);
    expect(response).toMatch(/\r\nConnection: keep-alive\r\n/i);
  });

  it('answers no earlier than told to', async () => {
    const { proxy, origin } = await start({ delayMs: 120 });
    const beganMs = performance.now();
    await exchange(proxy, absoluteGet(origin));
    // A timer may fire a millisecond early by the other clock.
    expect(performance.now() - beganMs).toBeGreaterThan(118);
  });

  it('counts what reached it', async () => {
    const { proxy, origin, count } = await start();
    for (let n = 0; n < 3; n += 1) await exchange(proxy, absoluteGet(origin));
    await exchange(proxy, absoluteGet({ host: '192.0.2.1', port: 1 }));
    await exchange(origin, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    expect(await count()).toEqual({
      proxyConnections: 4,
      proxyRequests: 3,
      refusedRequests: 1,
      challenges: 0,
      tunnels: 0,
      originConnections: 1,
      originRequests: 1,
    });
  });

  it('is gone once stopped, also when it hangs, and can be stopped twice', async () => {
    const { pid, stop } = await start();
    process.kill(pid, 'SIGSTOP');
    await stop();
    await stop();
    expect(isAlive(pid)).toBe(false);
  });

  it('is deaf to signals: who stops a load may signal all of its processes, and what is open needs an answer', async () => {
    const { pid, proxy, origin, stop } = await start();
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.kill(pid, signal);
    expect(await exchange(proxy, absoluteGet(origin))).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    await stop();
    expect(isAlive(pid)).toBe(false);
  });

  it('has a session of its own, which a terminal does not reach', async () => {
    const { pid } = await start();
    // proc_pid_stat(5): state, ppid, pgrp, session.
    const [, , group, session] = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]!.split(' ');
    expect([Number(group), Number(session)]).toEqual([pid, pid]);
  });

  it('tells who started it that it was killed, and not that it was stopped', async () => {
    const lost: string[] = [];
    const stopped = await start();
    stopped.onLost(({ message }) => lost.push(message));
    await stopped.stop();
    const killed = await start();
    const heard = new Promise<void>((resolve) => {
      killed.onLost(({ message }) => {
        lost.push(message);
        resolve();
      });
    });
    process.kill(killed.pid, 'SIGKILL');
    await heard;
    expect(lost).toEqual(['the embedded far end ended during the load (SIGKILL)']);
  });

  it('says why it cannot listen', async () => {
    const { proxy } = await start();
    await expect(startFarEnd({ listen: proxy })).rejects.toThrow(/EADDRINUSE/);
  });

  it('ends when the process that started it is killed', async () => {
    const script = `
      const { startFarEnd } = await import(process.argv[1]);
      const { proxy } = await startFarEnd();
      process.stdout.write(JSON.stringify(proxy));
    `;
    const module = new URL('../../dist/lab/far-end/start.js', import.meta.url).href;
    const parent = spawn(process.execPath, ['--input-type=module', '-e', script, module], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [text] = await once(parent.stdout, 'data');
    const proxy: HostPort = JSON.parse(String(text));
    expect(await accepts(proxy)).toBe(true);
    parent.kill('SIGKILL');
    await once(parent, 'close');
    await expect.poll(() => accepts(proxy), { timeout: 5_000 }).toBe(false);
  });
});

it('answers on the ports of a second one as well, in the same process, and counts both', async () => {
  const { child, message } = await startProgram('--second', '0:0');
  try {
    const { second, ...first } = message as Listening & { second: Listening };
    for (const { proxy, origin } of [first, second]) {
      const url = `http://${origin.host}:${origin.port}/`;
      expect(await exchange(origin, 'GET / HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.[01] 200 /);
      expect(await exchange(proxy, `GET ${url} HTTP/1.0\r\n\r\n`)).toMatch(/^HTTP\/1\.[01] 200 /);
    }
    // A proxy leads to its own origin alone.
    const other = `http://${second.origin.host}:${second.origin.port}/`;
    expect(await exchange(first.proxy, `GET ${other} HTTP/1.0\r\n\r\n`)).toMatch(/^HTTP\/1\.[01] 403 /);
    const said = once(createInterface({ input: child.stdout! }), 'line');
    child.kill('SIGTERM');
    const counts = { originRequests: 2, proxyRequests: 2, refusedRequests: 1 };
    expect(JSON.parse(((await said) as [string])[0])).toMatchObject({ kind: 'counts', counts });
  } finally {
    child.kill('SIGKILL');
  }
});

describe('its arguments', () => {
  it('survive the way into the process', () => {
    const options = {
      listen: { host: '::1', port: 8_080 },
      originPort: 8_081,
      keepAlive: true,
      responseBytes: 0,
      delayMs: 250,
      asksForBasic: true,
      closesAfterChallenge: true,
      tls: true,
      second: { proxy: 3_129, origin: 0 },
      restart: { everyMs: 9_000, awayMs: 300 },
    };
    expect(parseArguments(formatArguments(options))).toEqual(options);
    expect(parseArguments([])).toEqual(FAR_END_DEFAULTS);
  });

  it.each([
    [['--listen', 'nowhere'], '--listen nowhere is not an address and port.'],
    [['--listen', '127.0.0.1:65536'], '--listen 127.0.0.1:65536 is not an address and port.'],
    [['--origin-port', '65536'], '--origin-port 65536 is not a port: at most 65535.'],
    [['--restart', '300:9000'], '--restart 300:9000 is not two times, the second shorter.'],
    [['--second', '3129'], '--second 3129 is not two ports.'],
    [['--second', '3129:x'], '--second x is not a whole number'],
    [['--delay-ms', '-1'], 'argument'],
    [['--response-bytes', '1e3'], '--response-bytes 1e3 is not a whole number'],
    [['--colour', 'red'], 'unknown argument'],
  ])('are refused where wrong: %j', (argv, why) => {
    expect(() => parseArguments(argv)).toThrow(why);
  });
});
