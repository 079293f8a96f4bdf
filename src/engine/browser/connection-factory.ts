import type { Connection } from './connection.ts';
import type { ConnectionOwner, Manner } from './connection-owner.ts';

/** A connection about to be opened. */
export interface DueConnection {
  readonly browser: number;
  readonly attempt: number;
  /** Index of the endpoint that it leads to. */
  readonly endpoint: number;
  readonly intendedAtUs: number;
  /** Number of its host. */
  readonly site: number;
  readonly manner: Manner;
}

/** What a browser needs to make connections. */
export interface ConnectionFactory {
  create(due: DueConnection, owner: ConnectionOwner<Connection>): Connection;
  /** Called whenever a connection has ended. */
  forget(connection: Connection): void;
}
