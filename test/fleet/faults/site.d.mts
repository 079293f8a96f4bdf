/** Where runs of a fleet happen that things befall. */
export interface Site {
  readonly probes: readonly string[];
  /** Waits until every probe has told, from now on, that it is idle and that nothing of it is still to be sent. */
  present(): Promise<void>;
  /** Ports from which a probe has control connections, as the router knows them. */
  controlPorts(probe: string): Promise<number[]>;
}

/** Makes a site, hands it over, and removes it. Needs root. */
export function withSite<T>(probes: readonly string[], use: (site: Site) => Promise<T>): Promise<T>;

/** Namespaces, folders and processes of sites that this process made and that are still there. */
export function findLeftovers(): Promise<(string | number)[]>;
