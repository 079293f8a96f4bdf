import { once } from 'node:events';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runCli } from '../../src/cli/run-cli.ts';
import { makeFolder } from '../store/runs.ts';
import { createFakeHost } from './fake-host.ts';

/** Serves until its first line is out, then does the work, then sends Ctrl-C. */
async function serving(args: readonly string[], work: (url: string) => Promise<void>, env = {}) {
  const host = createFakeHost({ cwd: makeFolder(), env });
  const ended = runCli(['serve', '--port', '0', ...args], host);
  // What it cannot do ends it before anything is printed.
  while (host.stdout.text === '' && host.stderr.text === '') await Promise.race([ended, sleep(5)]);
  await work(host.stdout.text.split('\n')[0] ?? '');
  host.signal('SIGINT');
  return { exitCode: await ended, out: host.stdout.text, err: host.stderr.text };
}

describe('rushhour serve', () => {
  it('prints where it is, and answers there until Ctrl-C', async () => {
    let url = '';
    const { exitCode, out, err } = await serving([], async (printed) => {
      url = printed;
      expect((await fetch(url)).status).toBe(200);
    });
    expect(exitCode).toBe(0);
    expect(out).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\n$/);
    expect(err).toBe('rushhour: shows results; Ctrl-C ends it\n');
    await expect(fetch(url)).rejects.toThrow();
  });

  it('warns where others reach it, and lets them in by a token alone', async () => {
    const { exitCode, err } = await serving(['--host', '0.0.0.0'], async (printed) => {
      const url = new URL(printed);
      expect(url.searchParams.get('token')).toMatch(/^[\w-]{32}$/);
      expect((await fetch(`http://127.0.0.1:${url.port}/`)).status).toBe(401);
    });
    expect(exitCode).toBe(0);
    expect(err).toContain('warning: anyone with this address can read the results over the network');
    expect(err).not.toContain('token');
  });

  it('opens the browser where asked, and goes on where there is none', async () => {
    const bin = makeFolder();
    const opened = join(bin, 'opened');
    writeFileSync(
      join(bin, 'xdg-open'),
      `#!/bin/sh\nprintf %s "$1" >"${opened}.new" && mv "${opened}.new" "${opened}"\n`,
    );
    chmodSync(join(bin, 'xdg-open'), 0o755);
    const path = [bin, process.env['PATH']].join(delimiter);
    await serving(
      ['--open'],
      async (url) => {
        for (let tries = 0; tries < 1_000 && !existsSync(opened); tries += 1) await sleep(10);
        expect(readFileSync(opened, 'utf8')).toBe(url);
      },
      { PATH: path },
    );
    const { exitCode, err } = await serving(['--open'], () => sleep(50), { PATH: makeFolder() });
    expect(exitCode).toBe(0);
    expect(err).toContain('cannot open a browser');
  });

  it('says what to do where the port is taken', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    onTestFinished(() => void taken.close());
    const { port } = taken.address() as { port: number };
    const { exitCode, err } = await serving(['--port', String(port)], async () => {});
    expect(exitCode).toBe(5);
    expect(err).toContain(`port ${port} of 127.0.0.1 is already in use`);
    expect(err).toContain('choose another port with --port');
  });

  it.each([
    [['--host', 'probe.example'], 2, 'is not an IP address'],
    [['--host', '192.0.2.1'], 5, 'give an address of this machine'],
    [['--port', '70000'], 2, 'It must be a port'],
  ])('refuses %j', async (args, code, says) => {
    const { exitCode, err } = await serving(args, async () => {});
    expect(exitCode).toBe(code);
    expect(err).toContain(says);
  });
});
