import type { Draw } from '../../src/lab/draw.ts';
export function createDraw(random: () => number): Draw;
