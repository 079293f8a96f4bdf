import type { Entry } from './types.d.mts';

export function readJournal(path: string): Entry[];
export function appendEntry(path: string, entry: Entry): void;
export function keyOf(entry: Pick<Entry, 'id' | 'argument' | 'sides' | 'session' | 'busy'>): string;
export function current(entries: readonly Entry[], rules: string): { entries: Entry[]; others: number };
