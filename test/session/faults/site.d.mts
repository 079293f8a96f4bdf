/** Where a soak runs that things happen to. */
export interface Site {
  /** What the far side accepted and was told, so far. */
  farEnd(act: 'tell'): Promise<Told>;
}

export interface Told {
  /** Milliseconds since 1970, and the address that was connected to. */
  readonly accepted: readonly (readonly [atMs: number, address: string])[];
  readonly points: readonly unknown[];
}

/** Makes a site, hands it over, and removes it whatever happens. Needs root. */
export function withSite<T>(use: (site: Site) => Promise<T>): Promise<T>;

/** Namespaces, folders, mounts and processes of sites that this process made and that are still there. */
export function findLeftovers(): Promise<string[]>;
