import { describe, expect, it } from 'vitest';
import { isSelected, parseSelection } from '../../../src/fleet/operator/select.ts';

describe('a selection of probes', () => {
  const leeds = { probe: 'leeds-1', labels: { site: 'leeds', model: 'pi4' } };

  it('is all of them only where none was written', () => {
    expect(isSelected(parseSelection(undefined), leeds)).toBe(true);
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
    expect(isSelected(parseSelection('site=leeds|york,model=pi4'), leeds)).toBe(true);
    expect(isSelected(parseSelection('site=leeds,model=pi5'), leeds)).toBe(false);
    expect(isSelected(parseSelection('probe=leeds-1'), leeds)).toBe(true);
  });
});
