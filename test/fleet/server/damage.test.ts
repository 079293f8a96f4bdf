import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { findDamage } from '../../../src/fleet/server/damage.ts';
import { prepareFleetFolder } from '../../../src/fleet/server/fleet-folder.ts';
import { changeSettings } from '../../../src/fleet/server/settings.ts';
import { readUsers } from '../../../src/fleet/server/users.ts';

it('names what of a folder is damaged, and what follows', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'rushhour-damage-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const settings = await changeSettings(dir, {});
  const prepare = (probes: readonly string[]) =>
    prepareFleetFolder({ dir, settings, probes, storeBytes: 1e6, nowMs: Date.now() });
  const find = async () => findDamage(dir, await readUsers(dir));
  expect(await find()).toEqual([]);
  await prepare(['leeds-1', 'york-1']);
  expect(await find()).toEqual([]);
  const file = (name: string): string => join(dir, name);
  // One that nobody knows is nobody's loss, and a key may be kept elsewhere.
  writeFileSync(file('credentials/other.json'), 'x');
  rmSync(file('ca.key'));
  expect(await find()).toEqual([]);
  for (const name of ['credentials/leeds-1.json', 'credentials/operator.json', 'ca.key'])
    writeFileSync(file(name), 'garbage');
  rmSync(file('credentials/york-1.json'));
  mkdirSync(file('credentials/york-1.json'));
  const said = await find();
  expect(said).toEqual([
    expect.stringMatching(/leeds-1\.json does not hold credentials: .*fleet revoke leeds-1/),
    expect.stringMatching(/operator\.json does not hold credentials: it is made anew/),
    expect.stringMatching(/york-1\.json does not hold credentials: .*fleet revoke york-1/),
    expect.stringMatching(/ca\.key is not the key of ca\.crt: .*bring the key back/),
  ]);
  expect(said.join()).toContain(dir);
});
