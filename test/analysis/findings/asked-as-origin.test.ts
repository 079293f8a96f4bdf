import { describe, expect, it } from 'vitest';
import { findAskedAsOrigin } from '../../../src/analysis/findings/asked-as-origin.ts';
import type { Arm } from '../../../src/scenario/types.ts';
import { armSummary } from '../../render/fixtures.ts';
import { armOf } from '../parts.ts';

const AUTH = { scheme: 'basic', mode: 'preemptive', credentials: { kind: 'env', name: 'A' } } as const;
const textOf = (arm: Partial<Arm>, over: Parameters<typeof armSummary>[0]): string | undefined =>
  findAskedAsOrigin({ ...armOf(), ...arm } as Arm, armSummary(over))[0]?.text;

describe('a 401 through a proxy', () => {
  it.each([{}, { auth: { ...AUTH, to: 'proxy' } }] as const)('asks for what an origin asks: %j', (arm) => {
    const text = textOf({ via: 'proxy', ...arm }, { statuses: { '401': 7, '200': 3 } });
    expect(text).toMatch(
      /answered by 401 \(7 times\).* challenges like an origin: use -u \(auth.to: origin\)$/,
    );
  });

  it('has no remedy in -u where it answers CONNECT', () => {
    const text = textOf({ via: 'tunnel' }, { tunnelStatuses: { '401': 7 } });
    expect(text).toMatch(/^CONNECT was answered by 401 \(7 times\): the proxy challenges like an origin/);
    expect(text).toContain('-u (auth.to: origin) does not help here');
    const auth = { ...AUTH, to: 'origin' } as const;
    expect(textOf({ via: 'tunnel', auth }, { tunnelStatuses: { '401': 7 } })).toBe(text);
  });

  it('is told of no other 401, nor where it was expected', () => {
    const statuses = { '401': 7 };
    expect(textOf({ via: 'tunnel' }, { statuses })).toBeUndefined();
    expect(textOf({ via: 'direct' }, { statuses })).toBeUndefined();
    expect(textOf({ via: 'proxy', auth: { ...AUTH, to: 'origin' } }, { statuses })).toBeUndefined();
    expect(
      textOf({ via: 'proxy', expect: { kind: 'status', statuses: [401] } }, { statuses }),
    ).toBeUndefined();
    expect(textOf({ via: 'proxy' }, { statuses: { '407': 7 } })).toBeUndefined();
  });
});
