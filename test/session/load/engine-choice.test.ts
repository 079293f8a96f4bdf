import { describe, expect, it } from 'vitest';
import type { Arm } from '../../../src/scenario/types.ts';
import { chooseEngine } from '../../../src/session/load/engine-choice.ts';
import { armOf } from '../../analysis/parts.ts';

const tls = { insecure: false, minVersion: '1.2', resumption: false } as const;
const NEEDY: readonly (readonly [string, Partial<Arm>])[] = [
  ['uses a tunnel', { via: 'tunnel' }],
  ['speaks TLS', { via: 'direct', tls }],
];

describe('the engine of a run', () => {
  it('is the raw one on Linux, Node’s elsewhere, and otherwise the one asked for', () => {
    const arms = [armOf()];
    expect(chooseEngine('auto', 'linux', arms)).toBe('raw');
    expect(chooseEngine('auto', 'darwin', arms)).toBe('portable');
    expect(chooseEngine('auto', 'linux', arms, () => false)).toBe('portable');
    expect(chooseEngine('portable', 'linux', arms)).toBe('portable');
    expect(chooseEngine('raw', 'linux', arms)).toBe('raw');
  });

  it('is the raw one for browsers too', () => {
    const load = {
      ...({ kind: 'browsers', profile: 'chromium', browsers: 1, connections: 6 } as const),
      ...{ rampUs: 0, forUs: 1, thinkUs: 0, idleUs: 1, page: { objects: 1, paths: [], hosts: [] } },
    };
    const arms = [armOf(), armOf({ name: 'class', load })];
    expect(chooseEngine('auto', 'linux', arms)).toBe('raw');
    expect(chooseEngine('portable', 'linux', arms)).toBe('portable');
    expect(() => chooseEngine('packet', 'linux', arms)).toThrow('arm class plays browsers');
  });

  it.each(NEEDY)('is Node’s for all arms where one %s', (need, changes) => {
    const arms = [armOf(), armOf({ name: 'needy', ...changes })];
    expect(chooseEngine('auto', 'linux', arms)).toBe('portable');
    expect(() => chooseEngine('raw', 'linux', arms)).toThrow(`arm needy ${need}`);
  });

  it.each([
    ['emulate', { addresses: [], emulate: true }],
    ['interface', { addresses: [], interface: 'eth0' }],
  ] as const)('is the packet engine or none where an arm has source.%s', (key, source) => {
    const arms = [armOf({ source })];
    for (const asked of ['auto', 'raw', 'portable'] as const)
      expect(() => chooseEngine(asked, 'linux', arms)).toThrow(`source.${key} needs --engine packet`);
    expect(chooseEngine('packet', 'linux', arms)).toBe('packet');
  });

  it('is none that makes no packets where an arm names a client, and never another than the one asked for', () => {
    const arms = [armOf(), armOf({ name: 'pupils', client: { profile: 'windows-11', knobs: {} } })];
    for (const asked of ['auto', 'raw', 'portable'] as const) {
      expect(() => chooseEngine(asked, 'linux', arms)).toThrow('arm pupils: client: needs --engine packet');
    }
  });
});
