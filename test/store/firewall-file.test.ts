import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readFirewallView } from '../../src/read/firewall-view.ts';
import { eachFirewallOutput, FirewallFile, type FirewallOutput } from '../../src/store/firewall-file.ts';
import { makeFolder } from './runs.ts';

const at = '2025-01-31T06:00:00.000Z';
const output = (changes: Partial<FirewallOutput>): FirewallOutput => ({
  ...{ phase: 'during', at, tookMs: 5, program: 'ssh', text: 'drops 1\n' },
  ...changes,
});

async function read(dir: string): Promise<FirewallOutput[]> {
  const outputs: FirewallOutput[] = [];
  await eachFirewallOutput(dir, (each) => outputs.push(each));
  return outputs;
}

it('passes over lines that are torn, or are not what they should be, wherever a folder comes from', async () => {
  const dir = makeFolder();
  const good = output({ phase: 'before' });
  const odd = [
    ...[{}, null, [], 7, { ...good, phase: 'never' }, { ...good, text: 7 }, { ...good, at: 'yesterday' }],
    { ...good, tookMs: 'long' },
  ];
  const lines = [...odd, good, output({ isSame: true, text: '' })].map((line) => JSON.stringify(line));
  writeFileSync(join(dir, 'firewall.jsonl'), `${lines.join('\n')}\n{"phase":"after","at"`);
  expect(await read(dir)).toEqual([good, output({ isSame: true, text: '' })]);
  expect(await readFirewallView(makeFolder())).toBeUndefined();
});

it('keeps no more than 16 MiB of what is printed during a load, and still what comes after it', async () => {
  const dir = makeFolder();
  const file = new FirewallFile(dir);
  const text = 'x'.repeat(1024 * 1024 - 1_000);
  for (let index = 0; index < 20; index += 1) await file.append(output({ text: `${index}${text}` }));
  await file.append(output({ phase: 'after', text: 'done' }));
  await file.close();
  expect(file.leftOut).toBe(4);
  const view = await readFirewallView(dir);
  expect([view?.during?.count, view?.after?.text]).toEqual([16, 'done']);
});
