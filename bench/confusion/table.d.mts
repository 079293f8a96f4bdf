import type { Target } from './targets.d.mts';
import type { Entry, Version } from './types.d.mts';

export function renderTable(entries: readonly Entry[]): string;
export function renderReport(entries: readonly Entry[], targets: readonly Target[], version: Version): string;
