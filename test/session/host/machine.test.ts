import { type ChildProcess, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { withPair } from '../../support/namespaces.ts';
import { suiteNeeding } from '../../support/suite-needing.ts';

const MAIN = fileURLToPath(new URL('./watch-main.mjs', import.meta.url));

interface Told {
  readonly kind?: string;
  readonly fromSec?: number;
  readonly toSec?: number | null;
  readonly text?: string;
  readonly note?: string;
}

/** What a watch in a process of its own tells, a line after the other, and how often it has looked. */
class Watching {
  readonly #child: ChildProcess;
  readonly #told: Told[] = [];
  readonly #news = new EventEmitter();
  #looks = 0;

  constructor(child: ChildProcess) {
    this.#child = child;
    createInterface({ input: child.stdout! }).on('line', (line) => {
      const told = JSON.parse(line);
      if ('looks' in told) this.#looks = told.looks;
      else this.#told.push(told);
      this.#news.emit('line');
    });
  }

  async next(): Promise<Told> {
    while (this.#told.length === 0) await once(this.#news, 'line');
    return this.#told.shift()!;
  }

  /** Its first look finds the routes, its second is what others are held against. */
  async ready(): Promise<void> {
    while (this.#looks < 2) await once(this.#news, 'line');
  }

  /** Waits for a whole look at what is there now: one that is under way may have begun before. */
  async lookedAnew(): Promise<void> {
    const until = this.#looks + 2;
    while (this.#looks < until) await once(this.#news, 'line');
  }

  async end(): Promise<void> {
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await gone;
  }
}

suiteNeeding('links of a real machine', ['linux', 'root', 'netns', 'ip', 'nsenter'], () => {
  it('are seen to go down, to flap, and to change their address', async () => {
    await withPair(async ({ near, far, farAddress }) => {
      const watching = new Watching(near.spawn(process.execPath, MAIN, JSON.stringify([farAddress])));
      await watching.ready();

      await far.run('ip', 'link', 'set', 'cable', 'down');
      const down = await watching.next();
      expect(down).toEqual({
        ...{ id: 1, kind: 'link-down', fromSec: expect.any(Number), toSec: null, setsAside: true },
        text: 'cable has lost its link',
      });
      await watching.lookedAnew();
      await far.run('ip', 'link', 'set', 'cable', 'up');
      const up = await watching.next();
      expect(up).toEqual({ id: 1, toSec: expect.any(Number) });
      expect(up.toSec! - down.fromSec!).toBeGreaterThanOrEqual(2);

      await far.run('sh', '-c', 'ip link set cable down; sleep 0.1; ip link set cable up');
      const flap = await watching.next();
      expect(flap).toMatchObject({ id: 2, kind: 'link-down', setsAside: true });
      expect(flap.text).toMatch(/^cable (has )?lost its link/);
      // The kernel takes up to a second to find an interface up again: a look at that moment finds it down.
      if (flap.toSec === null) expect(await watching.next()).toEqual({ id: 2, toSec: expect.any(Number) });

      await near.run('sh', '-c', 'ip addr add 10.77.0.9/16 dev cable; ip addr del 10.77.0.1/24 dev cable');
      expect(await watching.next()).toMatchObject({
        ...{ id: 3, kind: 'address-changed', setsAside: true },
        text: '10.77.0.1 is gone from cable, which now has 10.77.0.9',
      });
      expect(await watching.next()).toEqual({ newLeg: true });
      await watching.end();
    });
  });

  it('are seen to go down where /sys shows those of another namespace, and others do not matter', async () => {
    await withPair(async ({ near, far, farAddress }) => {
      const entered = ['nsenter', `--net=/run/netns/${near.name}`, process.execPath, MAIN];
      const child = spawn(entered[0]!, [...entered.slice(1), JSON.stringify([farAddress])], {
        stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
      });
      const watching = new Watching(child);
      try {
        expect((await watching.next()).note).toContain('cannot watch the state of links here');
        await watching.ready();
        await near.run('ip', 'link', 'add', 'unused', 'type', 'veth', 'peer', 'name', 'unused2');
        await near.run('ip', 'link', 'set', 'unused2', 'up');
        await near.run('ip', 'link', 'set', 'unused', 'up');
        await near.run('ip', 'addr', 'add', '10.78.0.1/24', 'dev', 'unused');
        await watching.lookedAnew();
        await near.run('ip', 'link', 'del', 'unused');
        await watching.lookedAnew();
        await far.run('ip', 'link', 'set', 'cable', 'down');
        expect(await watching.next()).toMatchObject({ id: 1, kind: 'link-down', toSec: null });
      } finally {
        await watching.end();
      }
    });
  });
});

suiteNeeding('the wall clock of a process', ['linux', 'faketime'], () => {
  it('is seen to be set', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'rushhour-clock-'));
    const file = join(dir, 'shift');
    writeFileSync(file, '+0\n');
    const arch = readdirSync('/usr/lib').find((name) =>
      existsSync(`/usr/lib/${name}/faketime/libfaketime.so.1`),
    );
    const child = spawn(process.execPath, [MAIN, '[]'], {
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
      env: {
        ...process.env,
        LD_PRELOAD: `/usr/lib/${arch}/faketime/libfaketime.so.1`,
        FAKETIME_TIMESTAMP_FILE: file,
        FAKETIME_NO_CACHE: '1',
        // As on a machine whose wall clock alone is set.
        FAKETIME_DONT_FAKE_MONOTONIC: '1',
      },
    });
    const watching = new Watching(child);
    try {
      await watching.ready();
      writeFileSync(file, '+7200\n');
      const stepped = await watching.next();
      expect(stepped).toMatchObject({ id: 1, kind: 'clock-stepped', setsAside: false });
      expect(stepped.text).toMatch(/^the wall clock was set forward by (7199\.\d|7200\.\d) s/);
      expect(stepped.toSec!).toBeLessThan(60);
    } finally {
      await watching.end();
      rmSync(dir, { recursive: true });
    }
  });
});
