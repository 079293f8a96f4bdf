import { expect, it } from 'vitest';
import { parseScenario } from '../../src/scenario/load.ts';
import { openFarSide } from '../../src/session/open-far-side.ts';
import { suiteNeeding } from '../support/suite-needing.ts';

suiteNeeding('the far side of a run in a lab', ['linux', 'root', 'npm:koffi'], () => {
  async function open(path: string | undefined, capture: string) {
    const scenario = parseScenario(
      `schema: 1\ntarget: http://127.0.0.1:1/\ncapture: ${capture}\narms:\n  a: { via: direct, load: [{ hold: { rate: 1, for: 1 } }] }\n`,
      'in a lab',
    );
    const said: string[] = [];
    const side = await openFarSide({ scenario }, { warning: (text) => void said.push(text) }, path);
    side?.close();
    return { isOpen: side !== undefined, said };
  }

  it.each(['auto', 'on'])('is recorded with capture %s', async (capture) => {
    expect(await open('/proc/self/ns/net', capture)).toEqual({ isOpen: true, said: [] });
  });

  it('is not recorded without capture', async () => {
    expect(await open('/proc/self/ns/net', 'off')).toEqual({ isOpen: false, said: [] });
  });

  it.each([
    'auto',
    'on',
  ])('is missing with one warning if it cannot be entered, with capture %s', async (capture) => {
    expect(await open('/proc/self/ns/none', capture)).toEqual({
      isOpen: false,
      said: [expect.stringMatching(/^what arrives at the far side is not recorded: .* cannot be entered/)],
    });
  });
});
