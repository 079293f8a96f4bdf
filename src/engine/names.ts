/** Every engine, the preferred one first; registry.ts says what each is. Published with the shapes of results: no code hangs on it. */
export const ENGINE_NAMES = ['raw', 'portable'] as const;
export type EngineName = (typeof ENGINE_NAMES)[number];
