import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFixDialogue } from '../../src/cli/output/fix-dialogue.ts';
import { type FixContext, fixMachine } from '../../src/doctor/fix/fix-machine.ts';
import type { Advice, Kernel } from '../../src/doctor/fix/types.ts';
import { undoFix } from '../../src/doctor/fix/undo-fix.ts';
import { EnvironmentError, UsageError } from '../../src/errors.ts';
import { createFakeHost } from './fake-host.ts';

const RANGE = 'net.ipv4.ip_local_port_range';
const TABLE = 'net.netfilter.nf_conntrack_max';
const ADVICE: Advice = {
  settings: [
    { name: RANGE, now: '32768 60999', proposed: '1024 65535', why: 'More ports.', risk: 'A clash.' },
    { name: TABLE, now: '65536', proposed: '131072', why: 'A full table.', risk: 'Memory.' },
  ],
};

let dir: string;
let settings: Map<string, string>;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'rushhour-fix-'));
  settings = new Map([
    [RANGE, '32768 60999'],
    [TABLE, '65536'],
  ]);
});
afterEach(() => rmSync(dir, { recursive: true }));

/** Settings in memory; those named are read-only. */
function kernelOf(changes: Partial<Kernel> = {}, readOnly: readonly string[] = []): Kernel {
  return {
    ...{ bootId: 'boot-1', namespace: 1, isFirstNamespace: true },
    read: (name) => settings.get(name),
    write(name, value) {
      if (readOnly.includes(name)) throw Object.assign(new Error('EROFS'), { code: 'EROFS' });
      settings.set(name, value);
    },
    ...changes,
  };
}

type Changes = Partial<FixContext> & { readonly json?: boolean };

function surroundings({ json = false, ...changes }: Changes = {}, answer?: string) {
  const host = { ...createFakeHost(), ...(answer === undefined ? {} : { ask: async () => answer }) };
  const around: FixContext = {
    dialogue: createFixDialogue(host, json),
    now: host.now,
    kernel: kernelOf(),
    isRoot: true,
    stateFile: join(dir, 'state', 'doctor-fix.json'),
    paths: { sysctl: join(dir, '90-rushhour.conf'), limits: join(dir, 'limits.d', '90-rushhour.conf') },
    yes: answer === undefined,
    ...changes,
  };
  return { host, around };
}

async function fix(
  changes: Changes = {},
  { answer, persist = false, advice = ADVICE }: { answer?: string; persist?: boolean; advice?: Advice } = {},
) {
  const { host, around } = surroundings(changes, answer);
  const code = await fixMachine(advice, { persist, again: 'rushhour doctor --fix' }, around);
  return { code, out: host.stdout.text, err: host.stderr.text };
}

async function undo(changes: Changes = {}, answer?: string) {
  const { host, around } = surroundings(changes, answer);
  const code = await undoFix(around);
  return { code, out: host.stdout.text };
}

const values = (): (string | undefined)[] => [settings.get(RANGE), settings.get(TABLE)];

describe('--fix', () => {
  it('shows what it would change and why, and changes it once that is agreed', async () => {
    const { code, out } = await fix({}, { answer: 'y' });
    expect(code).toBe(0);
    expect(out).toContain(
      `${RANGE}: 32768 60999 -> 1024 65535\n      Why: More ports.\n      Could hurt: A clash.`,
    );
    expect(values()).toEqual(['1024 65535', '131072']);
    expect(statSync(join(dir, 'state', 'doctor-fix.json')).mode & 0o777).toBe(0o600);
  });

  it.each(['', 'n', 'no'])('changes nothing where the answer is %j', async (answer) => {
    const { code, out } = await fix({}, { answer });
    expect([code, ...values()]).toEqual([0, '32768 60999', '65536']);
    expect(out).toContain('Nothing was changed.');
  });

  it('changes nothing where there is nobody to ask', async () => {
    const { around } = surroundings({ yes: false });
    await expect(fixMachine(ADVICE, { persist: false, again: '' }, around)).rejects.toThrow(UsageError);
    expect(values()).toEqual(['32768 60999', '65536']);
  });

  it('names the line for root where it is not root', async () => {
    const { code, out, err } = await fix({ isRoot: false });
    expect(code).toBe(5);
    expect(out).toContain(RANGE);
    expect(err).toContain('sudo rushhour doctor --fix');
    expect(values()).toEqual(['32768 60999', '65536']);
  });

  it('names what cannot be changed, does the rest, and takes back only that', async () => {
    const { code, out } = await fix({ kernel: kernelOf({}, [RANGE]) });
    expect(code).toBe(5);
    expect(out).toContain(`fail  ${RANGE}: not set to 1024 65535: /proc/sys is read-only here`);
    expect(values()).toEqual(['32768 60999', '131072']);
    const undone = await undo();
    expect(undone.out).not.toContain(RANGE);
    expect(values()).toEqual(['32768 60999', '65536']);
  });

  it('says so as JSON alone where asked to', async () => {
    const { out } = await fix({ json: true });
    expect(JSON.parse(out)).toMatchObject({
      settings: ADVICE.settings,
      outcomes: [
        { name: RANGE, from: '32768 60999', to: '1024 65535' },
        { name: TABLE, from: '65536', to: '131072' },
      ],
    });
  });

  it('with --persist writes files that are marked as its own, and leaves those of others', async () => {
    const openFiles = { now: 1_024, wanted: 8_192 };
    const first = await fix({}, { persist: true, advice: { ...ADVICE, openFiles } });
    expect(first.code).toBe(0);
    expect(readFileSync(join(dir, '90-rushhour.conf'), 'utf8')).toMatch(
      /^# Written by "rushhour doctor --fix --persist".*\nnet\.ipv4\.ip_local_port_range = 1024 65535\nnet\.netfilter\.nf_conntrack_max = 131072\n$/,
    );
    expect(readFileSync(join(dir, 'limits.d', '90-rushhour.conf'), 'utf8')).toContain('root - nofile 8192');
    writeFileSync(join(dir, '90-rushhour.conf'), 'theirs = 1\n');
    expect((await fix({}, { persist: true })).code).toBe(5);
    await undo();
    expect(readFileSync(join(dir, '90-rushhour.conf'), 'utf8')).toBe('theirs = 1\n');
    expect(() => statSync(join(dir, 'limits.d', '90-rushhour.conf'))).toThrow('ENOENT');
  });

  it('refuses --persist outside the namespace that the machine starts with', async () => {
    const kernel = kernelOf({ isFirstNamespace: false });
    await expect(fix({ kernel }, { persist: true })).rejects.toThrow(UsageError);
    expect(values()).toEqual(['32768 60999', '65536']);
  });
});

describe('--undo', () => {
  it('restores what was there before the first of two', async () => {
    await fix();
    const more = { ...ADVICE.settings[1]!, now: '131072', proposed: '262144' };
    await fix({}, { advice: { settings: [more] } });
    expect(values()).toEqual(['1024 65535', '262144']);
    expect((await undo({}, 'y')).code).toBe(0);
    expect(values()).toEqual(['32768 60999', '65536']);
    expect((await undo()).out).toBe('Nothing to restore.\n');
  });

  it('leaves what somebody else has changed since, and says so', async () => {
    await fix();
    settings.set(TABLE, '999999');
    const { code, out } = await undo();
    expect([code, ...values()]).toEqual([0, '32768 60999', '999999']);
    expect(out).toContain(`${TABLE}: not restored: rushhour set it to 131072 and it is now 999999`);
  });

  it('changes nothing where the answer is no', async () => {
    await fix();
    await undo({}, 'n');
    expect(values()).toEqual(['1024 65535', '131072']);
  });

  it('refuses in another network namespace, and works in its own afterwards', async () => {
    await fix();
    await expect(undo({ kernel: kernelOf({ namespace: 2 }) })).rejects.toThrow(EnvironmentError);
    expect(values()).toEqual(['1024 65535', '131072']);
    expect((await undo()).code).toBe(0);
    expect(values()).toEqual(['32768 60999', '65536']);
  });

  it('puts nothing back after a reboot, but removes what was kept for it', async () => {
    await fix({}, { persist: true });
    const { code, out } = await undo({ kernel: kernelOf({ bootId: 'boot-2' }) });
    expect(code).toBe(0);
    expect(out).toContain('rebooted since the last --fix, so there is nothing to restore');
    expect(values()).toEqual(['1024 65535', '131072']);
    expect(() => statSync(join(dir, '90-rushhour.conf'))).toThrow('ENOENT');
    expect(() => statSync(join(dir, 'state', 'doctor-fix.json'))).toThrow('ENOENT');
  });

  it('keeps in mind what could not be put back', async () => {
    await fix();
    expect((await undo({ kernel: kernelOf({}, [RANGE]) })).code).toBe(5);
    expect(values()).toEqual(['1024 65535', '65536']);
    expect((await undo()).code).toBe(0);
    expect(values()).toEqual(['32768 60999', '65536']);
  });

  it.each([
    '{',
    '{"schema":1,"records":[{"bootId":"b","namespace":1,"changes":[{"name":"../../etc/passwd","before":"","set":""}]}]}',
  ])('refuses a file that is not its own: %s', async (text) => {
    await fix();
    writeFileSync(join(dir, 'state', 'doctor-fix.json'), text);
    await expect(undo()).rejects.toThrow(EnvironmentError);
  });
});
