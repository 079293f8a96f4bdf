import type { JetStreamManager, StreamConfig } from '@nats-io/jetstream';
import { headers } from '@nats-io/transport-node';
import type { Link } from '../connect.ts';
import { ANY, orderConsumer, STREAMS, type StreamPlan, SUBJECTS } from '../protocol.ts';

/** A server that has just started, or lost its leader, answers "not available" for some seconds. */
const TRIES = 20;
/** The servers of a cluster are started one after the other, and only most of them together store anything. */
const TRIES_OF_CLUSTER = 240;
const BETWEEN_MS = 500;

/**
 * Makes the streams of a fleet and the consumers of these probes, or brings them up to date.
 * @param replicas how many servers have a copy
 */
export async function provideStreams(link: Link, probes: readonly string[], replicas = 1): Promise<void> {
  const tries = replicas > 1 ? TRIES_OF_CLUSTER : TRIES;
  const manager = await patiently(() => link.jetstream.jetstreamManager(), tries);
  for (const plan of Object.values(STREAMS))
    await patiently(() => provideStream(manager, plan, replicas), tries);
  for (const id of probes)
    await patiently(() => manager.consumers.add(STREAMS.orders.name, { ...orderConsumer(id) }), tries);
}

/** Forgets the orders of a probe that may not take them any more, and that it was there. */
export async function forgetOrders({ connection, jetstream }: Link, probe: string): Promise<void> {
  const manager = await jetstream.jetstreamManager();
  await manager.consumers.delete(STREAMS.orders.name, probe).catch(() => {});
  await manager.streams.purge(STREAMS.orders.name, { filter: SUBJECTS.order(probe, ANY) });
  const gone = headers();
  // A key that was deleted (NATS ADR-8).
  gone.set('KV-Operation', 'DEL');
  connection.publish(SUBJECTS.presence(probe), '', { headers: gone });
  await connection.flush();
}

async function provideStream(
  manager: JetStreamManager,
  plan: StreamPlan,
  num_replicas: number,
): Promise<void> {
  const { what: _, isBucket, subjects, ...limits } = plan;
  const config: Partial<StreamConfig> & { name: string } = {
    ...limits,
    subjects: isBucket === true ? subjects.map((subject) => subject.replace(/\*$/, '>')) : [...subjects],
    storage: 'file',
    retention: 'limits',
    num_replicas,
    ...(isBucket === true && { allow_rollup_hdrs: true, deny_delete: true }),
  };
  const isThere = await manager.streams.info(plan.name).then(
    () => true,
    () => false,
  );
  if (isThere) await manager.streams.update(plan.name, config);
  else await manager.streams.add(config);
}

async function patiently<T>(act: () => Promise<T>, tries: number): Promise<T> {
  for (let left = tries; ; left -= 1) {
    try {
      return await act();
    } catch (error) {
      if (left === 0) throw error;
      await new Promise((resolve) => setTimeout(resolve, BETWEEN_MS));
    }
  }
}
