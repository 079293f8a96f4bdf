import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Summary } from '../../src/analysis/types.ts';
import { type Namespace, withPair } from '../support/namespaces.ts';
import { suiteNeeding } from '../support/suite-needing.ts';

const MAIN = join(import.meta.dirname, '../../dist/cli/main.js');

/** What a path does that takes offence at four kinds of SYN, each as such paths do. */
const RULES = `
  table inet picky {
    chain arriving {
      type filter hook prerouting priority -300; policy accept;
      tcp flags & (syn | ack) == syn tcp flags & ecn == ecn drop
      tcp flags & (syn | ack) == syn tcp option maxseg size 1-500 drop
      tcp flags & (syn | ack) == syn tcp option fastopen exists reject with tcp reset
      ip dscp ef drop
    }
  }
`;

/** A run that finds something ends with a code of its own, and prints its summary all the same. */
async function summaryOf(near: Namespace, ...args: string[]): Promise<Summary> {
  const folder = (await near.run('mktemp', '-d')).trim();
  try {
    const flags = ['--json', '--quiet', '--results', folder];
    const stdout = await near
      .run(process.execPath, MAIN, 'run', 'syn-options', '--engine', 'packet', ...flags, ...args)
      .catch((error: { stdout?: string; stderr?: string }) => {
        if (error.stdout) return error.stdout;
        throw error;
      });
    return JSON.parse(stdout) as Summary;
  } finally {
    await near.run('rm', '-r', folder);
  }
}

suiteNeeding('the scenario syn-options', ['root', 'netns', 'nft', 'npm:koffi'], () => {
  it('finds the SYNs that a path drops or refuses, and no others', { timeout: 90_000 }, async () => {
    await withPair(async ({ near, far, farAddress }) => {
      const { origin } = await far.startFarEnd(farAddress);
      await far.loadRules(RULES);
      const target = `tcp://${farAddress}:${origin.port}`;
      const short = ['-t', '4s', '--set', 'defaults.timeouts.handshake=4s'];
      const { findings, arms } = await summaryOf(near, '--target', target, ...short);
      const found = findings.filter(({ kind }) => kind === 'syn-options');
      expect(found.map(({ arm, differs }) => [arm, differs])).toEqual([
        ['ecn', 'ecn ecn'],
        ['accecn', 'ecn accecn'],
        ['fast-open', 'fastOpen on'],
        ['mss-400', 'mss 400'],
        ['dscp-46', 'dscp 46'],
      ]);
      // Without what the path minds, the SYNs that are sent again get through.
      expect([arms['ecn']?.established, arms['accecn']?.established]).toEqual([20, 20]);
      expect([arms['mss-400']?.established, arms['fast-open']?.established]).toEqual([0, 0]);
    });
  });
});
