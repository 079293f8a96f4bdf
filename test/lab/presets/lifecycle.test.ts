import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { removeLab, removeLeftovers } from '../../../src/lab/down.ts';
import { Lab } from '../../../src/lab/lab.ts';
import { listNamespaces } from '../../../src/lab/namespace.ts';
import type { ConfiguredPreset } from '../../../src/lab/preset.ts';
import { readPreset } from '../../../src/lab/presets/index.ts';
import { identifyProcess, isAlive, killProcesses } from '../../../src/lab/process-id.ts';
import { type LabState, listLabs, StateFile } from '../../../src/lab/state.ts';
import { bringUp } from '../../../src/lab/up.ts';
import { suiteNeeding } from '../../support/suite-needing.ts';
import { attempt, isAnswered } from './in-lab.ts';

suiteNeeding("a lab's life", ['linux', 'root', 'netns', 'ip', 'nft'], () => {
  let stateDir: string;
  beforeEach(() => {
    stateDir = mkdtempSync(join(tmpdir(), 'rushhour-labs-'));
  });
  afterEach(async () => {
    for (const state of listLabs(stateDir)) await removeLab(StateFile.open(stateDir, state));
    rmSync(stateDir, { recursive: true });
  });

  const up = (preset: ConfiguredPreset = readPreset('healthy')): Promise<StateFile> =>
    bringUp(preset, { lifetime: 'stay', stateDir });

  async function namespacesOf({ id }: LabState): Promise<string[]> {
    return (await listNamespaces()).filter((name) => name.startsWith(`rh-${id}-`)).sort();
  }

  /** Has another process make a lab and die of SIGKILL. */
  async function leaveBehind(when: 'half-built' | 'up', ...more: 'none'[]): Promise<LabState> {
    const script = fileURLToPath(new URL('./owner.mjs', import.meta.url));
    const owner = spawn(process.execPath, [script, when, stateDir, ...more], { stdio: 'inherit' });
    let state: LabState | undefined;
    const watch = setInterval(() => {
      state = listLabs(stateDir)[0] ?? state;
    }, 5);
    const [, signal] = await once(owner, 'exit');
    clearInterval(watch);
    expect(signal).toBe('SIGKILL');
    state = listLabs(stateDir)[0] ?? state;
    expect(state).toBeDefined();
    return state!;
  }

  it('keeps its state to root, and takes all of it away when it goes', async () => {
    const file = await up();
    const { state } = file;
    expect(await namespacesOf(state)).toEqual(
      ['client', 'far', 'fw'].map((room) => `rh-${state.id}-${room}`),
    );
    expect(statSync(join(stateDir, `${state.id}.json`)).mode & 0o777).toBe(0o600);
    expect(state).toMatchObject({ status: 'up', owner: null, preset: 'healthy' });
    expect(state.processes.map(({ role }) => role)).toEqual(['far-end']);
    expect(state.processes.every(isAlive)).toBe(true);

    await removeLab(file);
    expect(await namespacesOf(state)).toEqual([]);
    expect(state.processes.some(isAlive)).toBe(false);
    expect(readdirSync(stateDir)).toEqual([]);
  });

  it('runs beside another, with the same addresses', async () => {
    const [one, other] = await Promise.all([up(), up()]);
    const fates = await Promise.all([one, other].map((file) => attempt(new Lab(file), [{ port: 30_000 }])));
    expect(fates.flat().map(isAnswered)).toEqual([true, true]);
  });

  it.each(['half-built', 'up'] as const)('goes with its owner that was killed once %s', async (when) => {
    const left = await leaveBehind(when);
    await expect.poll(() => listLabs(stateDir), { timeout: 20_000 }).toEqual([]);
    expect(await namespacesOf(left)).toEqual([]);
    await expect.poll(() => left.processes.filter(isAlive), { timeout: 5_000 }).toEqual([]);
  });

  it.each([
    'half-built',
    'up',
  ] as const)('is removed by the next command where its owner and what would clean up were killed once %s', async (when) => {
    const left = await leaveBehind(when, 'none');
    expect(left.status).toBe(when === 'up' ? 'up' : 'building');
    expect(await namespacesOf(left)).toHaveLength(3);
    expect(left.processes.some(isAlive)).toBe(true);

    const next = await up();
    expect(listLabs(stateDir).map(({ id }) => id)).toEqual([next.state.id]);
    expect(await namespacesOf(left)).toEqual([]);
    expect(left.processes.some(isAlive)).toBe(false);
  });

  it('stays while its owner lives, and when it was made to', async () => {
    const mine = await bringUp(readPreset('healthy'), { lifetime: 'with-owner', stateDir });
    await up();
    expect(await removeLeftovers(stateDir)).toEqual([]);
    expect(listLabs(stateDir)).toHaveLength(2);
    expect(mine.state.owner?.pid).toBe(process.pid);
  });

  it('leaves nothing where it could not be built', async () => {
    const made: LabState[] = [];
    const broken: ConfiguredPreset = {
      ...readPreset('healthy'),
      apply: async (lab) => {
        made.push(lab.file.state);
        await lab.firewall.loadRules('this is no ruleset');
      },
    };
    await expect(up(broken)).rejects.toThrow(/nft -f - failed: .*syntax error/s);
    expect(readdirSync(stateDir)).toEqual([]);
    expect(await namespacesOf(made[0]!)).toEqual([]);
  });

  it("answers by a command of the user's where there is one", async () => {
    const server = `require('node:http').createServer((q, r) => r.end('mine', () => q.socket.end())).listen(8080, '10.20.0.2')`;
    const file = await bringUp(readPreset('healthy'), {
      lifetime: 'stay',
      stateDir,
      farEndCommand: `${process.execPath} -e "${server}"`,
    });
    const [fate] = await attempt(new Lab(file), [{}]);
    expect(isAnswered(fate!)).toBe(true);
  });

  it("tells why a user's command did not come up", async () => {
    const options = { lifetime: 'stay', stateDir, farEndCommand: 'no-such-server' } as const;
    await expect(bringUp(readPreset('healthy'), options)).rejects.toThrow(
      /far-end ended at once: .*no-such-server/,
    );
    expect(readdirSync(stateDir)).toEqual([]);
  });

  describe('killing', () => {
    it('spares a process that only has the number of one on record', async () => {
      const bystander = spawn('sleep', ['30']);
      try {
        const identity = identifyProcess(bystander.pid!)!;
        await killProcesses([{ ...identity, startTicks: identity.startTicks - 1 }]);
        expect(isAlive(identity)).toBe(true);
        await killProcesses([identity]);
        expect(isAlive(identity)).toBe(false);
      } finally {
        bystander.kill('SIGKILL');
      }
    });

    it('waits for nobody who is gone', async () => {
      await killProcesses([{ pid: 2 ** 22 + 1, startTicks: 1 }]);
      expect(existsSync(`/proc/${2 ** 22 + 1}`)).toBe(false);
    });
  });
});
