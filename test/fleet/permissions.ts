import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Link } from '../../src/fleet/connect.ts';
import { permissionsOf, STREAMS, SUBJECTS } from '../../src/fleet/protocol.ts';
import { TestFleet } from './start-fleet.ts';

/** The server has answered a flush by then: nothing more comes. */
const SILENT_MS = 300;

/** What a nats-server has to refuse, whichever is first on the PATH. */
export function itKeepsPermissions(): void {
  let fleet: TestFleet;
  let [operator, a]: Link[] = [];
  beforeAll(async () => {
    fleet = await TestFleet.start(['a', 'b']);
    operator = await fleet.connect('operator');
    a = await fleet.connect('a');
  });
  afterAll(() => fleet.close());

  /** What the server says to a publish; undefined if it says nothing. */
  const refusalOf = async (link: Link, act: () => void): Promise<string | undefined> => {
    const errors = link.connection.status()[Symbol.asyncIterator]();
    act();
    await link.connection.flush();
    const silence = new Promise<undefined>((resolve) => setTimeout(resolve, SILENT_MS, undefined));
    for (;;) {
      const told = await Promise.race([errors.next(), silence]);
      if (told === undefined || told.done === true) return undefined;
      if (told.value.type === 'error') return told.value.error.message;
    }
  };

  it('a probe sends its own events, runs and presence, and takes its own orders', async () => {
    for (const subject of [SUBJECTS.event('a', 'one'), SUBJECTS.run('a', 'one'), SUBJECTS.presence('a')]) {
      const { stream } = await a!.jetstream.publish(subject, 'x');
      expect(Object.values(STREAMS).map(({ name }) => name)).toContain(stream);
    }
    await operator!.jetstream.publish(SUBJECTS.order('a', 'one'), 'for a');
    const consumer = await a!.jetstream.consumers.get(STREAMS.orders.name, 'a');
    const message = await consumer.next({ expires: 5_000 });
    expect(message?.string()).toBe('for a');
    message?.ack();
    await a!.connection.flush();
  });

  it.each([
    ['another’s events', SUBJECTS.event('b', 'one')],
    ['another’s runs', SUBJECTS.run('b', 'one')],
    ['another’s presence', SUBJECTS.presence('b')],
    ['an order, for itself', SUBJECTS.order('a', 'one')],
    ['an order, for another', SUBJECTS.order('b', 'one')],
    ['another’s clock request', SUBJECTS.clock('b')],
    ['another’s orders to itself', `$JS.API.CONSUMER.MSG.NEXT.${STREAMS.orders.name}.b`],
    ['an acknowledgement for another', `$JS.ACK.${STREAMS.orders.name}.b.1.1.1.1.0`],
    ['a consumer', `$JS.API.CONSUMER.CREATE.${STREAMS.orders.name}`],
    ['a durable consumer', `$JS.API.CONSUMER.DURABLE.CREATE.${STREAMS.runs.name}.mine`],
    ['a request for a stored message', `$JS.API.STREAM.MSG.GET.${STREAMS.runs.name}`],
    ['the removal of its own run from the server', `$JS.API.STREAM.PURGE.${STREAMS.runs.name}`],
    ['what servers tell each other', SUBJECTS.cluster('127.0.0.1')],
    ['the deletion of a stream', `$JS.API.STREAM.DELETE.${STREAMS.runs.name}`],
    ['into the inbox of another', `${SUBJECTS.inbox('b')}.x`],
  ])('it may not send %s', async (_, subject) => {
    expect(await refusalOf(a!, () => a!.connection.publish(subject, 'x'))).toMatch(
      /permissions violation.*publish/i,
    );
  });

  it.each([
    ['another’s orders', SUBJECTS.order('b', 'one')],
    ['its own orders beside its consumer', SUBJECTS.order('a', 'one')],
    ['another’s runs', SUBJECTS.run('b', '*')],
    ['another’s answers', `${SUBJECTS.inbox('b')}.>`],
    ['everything', '>'],
    ['the presence of others', SUBJECTS.presence('*')],
  ])('it may not listen to %s', async (_, subject) => {
    const refused = await refusalOf(a!, () => {
      a!.connection.subscribe(subject, { callback: () => {} });
    });
    expect(refused).toMatch(/permissions violation.*subscription/i);
  });

  it('it answers whoever asks for its time, and the operator reads nobody’s inbox but its own', async () => {
    const subscription = a!.connection.subscribe(SUBJECTS.clock('a'), {
      callback: (_, message) => void message.respond('now'),
    });
    await a!.connection.flush();
    const answer = await operator!.connection.request(SUBJECTS.clock('a'), '', { timeout: 5_000 });
    expect(answer.string()).toBe('now');
    subscription.unsubscribe();
    const refused = await refusalOf(operator!, () => {
      operator!.connection.subscribe(`${SUBJECTS.inbox('a')}.>`, { callback: () => {} });
    });
    expect(refused).toMatch(/permissions violation/i);
  });

  it('the operator removes messages from the stream of runs, and from no other', async () => {
    const ask = (verb: string, stream: string) =>
      refusalOf(operator!, () =>
        operator!.connection.publish(`$JS.API.STREAM.${verb}.${stream}`, '{"keep":9}'),
      );
    for (const { name } of Object.values(STREAMS)) {
      const isAllowed = name === STREAMS.runs.name;
      expect((await ask('PURGE', name)) === undefined, name).toBe(isAllowed);
      for (const verb of ['DELETE', 'MSG.DELETE'])
        expect(await ask(verb, name)).toMatch(/permissions violation/i);
    }
  });

  it('the server is given exactly what the protocol says', () => {
    const { authorization } = JSON.parse(fleet.config());
    expect(authorization.users.map(({ permissions }: { permissions: unknown }) => permissions)).toEqual(
      [
        { kind: 'operator' } as const,
        { kind: 'server' } as const,
        { kind: 'probe', id: 'a' } as const,
        { kind: 'probe', id: 'b' } as const,
      ].map((role) => {
        const { publish, subscribe, answers } = permissionsOf(role);
        return {
          ...{ publish: { allow: publish }, subscribe: { allow: subscribe } },
          ...(answers && { allow_responses: { max: 1, expires: '1m' } }),
        };
      }),
    );
    expect(fleet.config()).not.toMatch(/\bSU[A-Z2-7]{56}\b/);
  });
}
