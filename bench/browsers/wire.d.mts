export interface Packet {
  readonly atMs: number;
  readonly source: string;
  readonly sourcePort: number;
  readonly target: string;
  readonly targetPort: number;
  readonly flags: string;
  readonly seq?: number;
}

export interface WireConnection {
  readonly clientPort: number;
  readonly serverPort: number;
  /** Times, milliseconds. */
  readonly syns: number[];
  readonly openAtMs?: number;
  readonly endedAtMs?: number;
  readonly endedBy?: string;
  /** The first FIN or RST of the browser's own, and of the far end. */
  readonly closedAtMs?: number;
  readonly farClosedAtMs?: number;
  readonly sentBytes?: number;
}

export function readPacket(line: string): Packet | undefined;
export function connectionsOf(packets: readonly Packet[], ports: readonly number[]): WireConnection[];
export function peakOf(connections: readonly WireConnection[]): number;
