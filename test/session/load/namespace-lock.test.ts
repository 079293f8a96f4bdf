import { expect, it } from 'vitest';
import { lockInNamespace } from '../../../src/session/load/namespace-lock.ts';
import { suiteNeeding } from '../../support/suite-needing.ts';

suiteNeeding('a lock of the network namespace', ['linux'], () => {
  const name = `rushhour-test-${process.pid}`;

  it('is held once at a time, by name, and can be had again', async () => {
    const release = await lockInNamespace(name);
    expect(await lockInNamespace(name)).toBeUndefined();
    const other = await lockInNamespace(`${name}-other`);
    await other?.();
    await release?.();
    const again = await lockInNamespace(name);
    expect(again).toBeTypeOf('function');
    await again?.();
  });
});
