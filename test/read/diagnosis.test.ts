import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { diagnoseRun } from '../../src/read/diagnosis.ts';

const SAMPLES = join(import.meta.dirname, '../../results/samples');

describe('the diagnosis of the sample runs', () => {
  it('leaves open what one arm cannot tell, where one SYN in 50 was lost', async () => {
    const { run, diagnosis } = await diagnoseRun(join(SAMPLES, '20261121-052056-steady'));
    expect(run.id).toBe('20261121-052056-steady');
    expect(diagnosis.verdict).toBe('cannot-tell');
    expect(diagnosis.symptoms).toEqual(['63 of 3,000 handshakes (arm traffic) stalled']);
    const of = (status: string): string[] =>
      diagnosis.causes.filter((cause) => cause.status === status).map(({ id }) => id);
    expect(of('named')).toEqual([]);
    expect(of('possible')).toEqual(expect.arrayContaining(['early-reuse', 'loss', 'rate-limit']));
    expect(of('excluded')).toEqual(expect.arrayContaining(['outage', 'long-path', 'bad-endpoint']));
  });

  it('calls healthy what is, and says how much it could have missed', async () => {
    const { diagnosis } = await diagnoseRun(join(SAMPLES, '20261121-052137-steady'));
    expect(diagnosis).toMatchObject({ verdict: 'healthy', causes: [], decide: [] });
    expect(diagnosis.text).toContain('none of 3,060 handshakes stalled (at most 0.1 % with 95 % confidence)');
  });
});
