/**
 * Every engine, the preferred one first; registry.ts describes each. Published with the shapes of results, so it
 * imports no code.
 */
export const ENGINE_NAMES = ['raw', 'portable', 'packet'] as const;
export type EngineName = (typeof ENGINE_NAMES)[number];
