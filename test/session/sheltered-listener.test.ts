import { describe, expect, it } from 'vitest';
import { shelter } from '../../src/session/sheltered-listener.ts';
import type { Progress, RunListener } from '../../src/session/types.ts';

const fail = (): never => {
  throw new Error('no room');
};

describe('a listener that fails', () => {
  it('keeps its faults from the run, and each of its parts is told of once', () => {
    const warnings: string[] = [];
    const listener = shelter<RunListener>({
      ...{ planned: fail, progress: fail, looked: fail },
      second: async () => fail(),
      warning: (message) => void warnings.push(message),
    });
    listener.planned?.({} as never);
    for (let index = 0; index < 3; index += 1) listener.progress?.({} as Progress);
    listener.looked?.({ attempts: 1, completed: 1 });
    expect(warnings).toEqual(
      ['planned', 'progress', 'looked'].map(
        (part) => `the output of this run is incomplete (${part}: no room); the run continues`,
      ),
    );
  });

  it('may fail to take the warning, too', () => {
    const listener = shelter<RunListener>({ progress: fail, warning: fail });
    expect(() => listener.progress?.({} as Progress)).not.toThrow();
    expect(() => listener.warning?.('a full disk')).not.toThrow();
  });

  it('may still refuse the run, and hears only what it asked for', async () => {
    const listener = shelter<RunListener>({ approve: async () => fail() });
    await expect(listener.approve?.({ arms: [] })).rejects.toThrow('no room');
    expect(listener.second).toBeUndefined();
  });
});
