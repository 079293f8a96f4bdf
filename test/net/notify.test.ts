import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, it, onTestFinished } from 'vitest';
import { notify } from '../../src/net/notify.ts';
import { suiteNeeding } from '../support/suite-needing.ts';

/** A service manager's end: prints each message as a line of JSON, and ends with its standard input. */
const MANAGER = `
import json, select, socket, sys
name = sys.argv[1]
server = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
server.bind('\\0' + name[1:] if name.startswith('@') else name)
print('"bound"', flush=True)
while True:
    ready, _, _ = select.select([server, sys.stdin], [], [])
    if server in ready: print(json.dumps(server.recv(4096).decode()), flush=True)
    elif sys.stdin in ready: break
`;

async function startManager(socket: string): Promise<() => Promise<string>> {
  const manager: ChildProcess = spawn('python3', ['-c', MANAGER, socket], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(async () => {
    const ended = once(manager, 'exit');
    manager.stdin?.end();
    await ended;
  });
  const lines = createInterface({ input: manager.stdout! })[Symbol.asyncIterator]();
  const next = async (): Promise<string> => JSON.parse((await lines.next()).value ?? '""');
  expect(await next()).toBe('bound');
  return next;
}

suiteNeeding('telling the service manager', ['linux', 'python3'], () => {
  it('reaches a socket with a path, message by message and byte for byte', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'rushhour-notify-'));
    onTestFinished(() => rmSync(dir, { recursive: true }));
    const socket = join(dir, 'socket');
    const next = await startManager(socket);
    expect(notify('READY=1\nSTATUS=200/s für S', { NOTIFY_SOCKET: socket })).toBe(true);
    expect(notify('WATCHDOG=1', { NOTIFY_SOCKET: socket })).toBe(true);
    expect(await next()).toBe('READY=1\nSTATUS=200/s für S');
    expect(await next()).toBe('WATCHDOG=1');
  });

  it('reaches a socket with an abstract name', async () => {
    const socket = `@rushhour-test-${process.pid}`;
    const next = await startManager(socket);
    expect(notify('STOPPING=1', { NOTIFY_SOCKET: socket })).toBe(true);
    expect(await next()).toBe('STOPPING=1');
  });

  it('leaves no descriptor open', async () => {
    const { readdirSync } = await import('node:fs');
    const count = () => readdirSync('/proc/self/fd').length;
    notify('WATCHDOG=1', { NOTIFY_SOCKET: '/nowhere/at/all' });
    const before = count();
    for (let time = 0; time < 20; time += 1) notify('WATCHDOG=1', { NOTIFY_SOCKET: '/nowhere/at/all' });
    expect(count()).toBe(before);
  });

  it('says no, and does not throw, where nobody listens or the address is none', () => {
    for (const socket of ['/nowhere/at/all', `@rushhour-nobody-${process.pid}`, 'vsock:2:1234', '', 'x']) {
      expect(notify('READY=1', { NOTIFY_SOCKET: socket })).toBe(false);
    }
    expect(notify('READY=1', { NOTIFY_SOCKET: `/${'x'.repeat(108)}` })).toBe(false);
    expect(notify(`STATUS=${'x'.repeat(600)}`, { NOTIFY_SOCKET: '/nowhere' })).toBe(false);
    expect(notify('READY=1', {})).toBe(false);
  });
});
