import { describe, expect, it } from 'vitest';
import { parseSelection, selectProbes } from '../../../src/fleet/operator/select.ts';

describe('a selection of probes', () => {
  const leeds = { probe: 'leeds-1', labels: { site: 'leeds', model: 'pi4' } };
  const york = { probe: 'york-1', labels: { site: 'york', model: 'pi5' } };
  const select = (text: string | undefined) =>
    selectProbes(parseSelection(text), [leeds, york]).map(({ probe }) => probe);
  const hintOf = (text: string) => {
    try {
      select(text);
    } catch (error) {
      return `${(error as Error).message}: ${(error as { hint?: string }).hint}`;
    }
    return '';
  };

  it('is all of them only where none was written', () => {
    expect(select(undefined)).toEqual(['leeds-1', 'york-1']);
    expect(selectProbes(parseSelection('site=leeds'), [])).toEqual([]);
  });

  it.each([
    '',
    ' ',
    ',',
    ' , ',
  ])('is a mistake where %j names no condition, as of a variable that is not set', (text) => {
    expect(() => parseSelection(text)).toThrow(/--on .* names no condition/);
  });

  it('holds every condition, each with one value of several', () => {
    expect(select('site=leeds|york,model=pi4')).toEqual(['leeds-1']);
    expect(select('site=leeds,model=pi5')).toEqual([]);
    expect(select('probe=york-1')).toEqual(['york-1']);
  });

  it('is a mistake where no probe has a label or a value of it, and says what was meant', () => {
    expect(hintOf('site=leeds|yrok')).toBe('--on: no probe has site="yrok": did you mean "york"?');
    expect(hintOf('sit=leeds')).toBe('--on: no probe has a label "sit": did you mean "site"?');
    expect(hintOf('probe=nobody')).toBe('--on: no probe has probe="nobody": known: leeds-1, york-1');
    expect(hintOf('leeds-1')).toContain('one probe by its id: --on probe=leeds-1');
    expect(hintOf('constructor=x')).toContain('no probe has a label "constructor"');
    const many = Array.from({ length: 30 }, (_, index) => ({ probe: `p-${index}`, labels: {} }));
    expect(() => selectProbes(parseSelection('probe=nobody'), many)).toThrow(
      expect.objectContaining({ hint: '"rushhour fleet ls" lists the probes and their labels' }),
    );
  });
});
