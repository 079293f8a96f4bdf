export interface DelayLineOptions {
  readonly oneWayMs: number;
  /** UDP port of the tunnel, the same everywhere. */
  readonly port: number;
  readonly sides: readonly [DelayLineSide, DelayLineSide];
}

export interface DelayLineSide {
  /** Where the line listens for this side. */
  readonly local: string;
  /** Address of this side. */
  readonly peer: string;
}

export const DELAY_LINE_READY = 'ready';
