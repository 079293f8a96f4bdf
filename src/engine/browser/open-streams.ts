import type { TLSSocket } from 'node:tls';
import type { AttemptRecord } from '../types.ts';
import type { Shared } from './connection-owner.ts';
import { recordAnswer } from './exchange.ts';
import type { PageObject } from './page-object.ts';
import { type StreamEvents, Streams } from './streams.ts';
import type { Answer } from './types.ts';

interface Owner extends Pick<StreamEvents, 'cut' | 'ended'> {
  answered(object: PageObject, answer: Answer): void;
}

/** The requests of a connection that carries many at once: what comes is recorded, and then told. */
export function openStreams(
  { arm, host }: Shared,
  record: AttemptRecord,
  site: number,
  secured: TLSSocket,
  owner: Owner,
): Streams {
  return new Streams(secured, arm.page.serverName(site), host.clock, {
    received: (bytes) => (record.bytes += bytes),
    answered(object, answer, firstByteAtUs) {
      recordAnswer(record, { ...answer, firstByteAtUs }, (status) => arm.isExpected(status));
      host.answered(answer.status, '');
      owner.answered(object, answer);
    },
    cut: (object, isRefused) => owner.cut(object, isRefused),
    ended: (error) => owner.ended(error),
  });
}
