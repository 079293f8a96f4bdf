import type { CaptureTime } from '../../net/capture/pcapng-encode.ts';

/** Takes each packet; must copy what it keeps. @param wireBytes its length on the wire */
export type OnHeader = (time: CaptureTime, frame: Uint8Array, wireBytes: number) => void;

/** Where a peer's packets come from. */
export interface HeaderSource {
  readonly interfaceName: string;
  /** Packets lost because they were not taken in time, since it was opened. */
  readonly dropped: number;
  /** Packets seen. */
  readonly received: number;
  close(): void;
}
