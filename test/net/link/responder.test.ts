import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { expandAddresses } from '../../../src/plan/ports/expand-addresses.ts';
import { makePair, type Pair } from '../../support/namespaces.ts';
import { suiteNeeding } from '../../support/suite-needing.ts';
import { type Linked, startLinked } from './linked.ts';

suiteNeeding('addresses of nobody', ['linux', 'root', 'netns', 'ip', 'bash', 'npm:koffi'], () => {
  let pair: Pair;
  let remove: () => Promise<void>;
  let linked: Linked;

  beforeAll(async () => {
    ({ pair, remove } = await makePair());
    await pair.far.configure([
      'addr add 10.77.0.130/24 dev cable',
      'addr add fd77::130/64 dev cable nodad',
      // What this machine would send from the addresses of nobody has its way back here.
      'neigh flush dev cable',
    ]);
    linked = startLinked(pair.near.name);
  });
  afterEach(async () => {
    await linked.kill();
    await pair.far.configure(['neigh flush dev cable']);
    linked = startLinked(pair.near.name);
  });
  afterAll(async () => {
    await linked?.end();
    await remove?.();
  });

  const hop = { address: '10.77.0.2', mac: '02:00:00:00:00:02' };
  const hop6 = { address: 'fd77::2', mac: '02:00:00:00:00:02' };

  /** What the far side's kernel knows of an address once it wanted to send something there. */
  const seenFrom = async (address: string): Promise<string> => {
    await pair.far.run('bash', '-c', `echo > /dev/udp/${address}/9; sleep 0.2`);
    return pair.far.run('ip', 'neigh', 'show', address, 'dev', 'cable');
  };

  it('are found to be somebody’s, and whose', async () => {
    const addresses = expandAddresses('10.77.0.128/28');
    expect(await linked.call('findConflicts', 'cable', addresses)).toEqual([
      { address: '10.77.0.130', mac: '02:00:00:00:00:02' },
    ]);
    expect(await linked.call('findConflicts', 'cable', ['fd77::12f', 'fd77::130'])).toEqual([
      { address: 'fd77::130', mac: '02:00:00:00:00:02' },
    ]);
  });

  it('are probed without claiming them', async () => {
    const addresses = expandAddresses('10.77.0.32/28');
    expect(await linked.call('findConflicts', 'cable', addresses)).toEqual([]);
    expect(await pair.far.run('ip', 'neigh', 'show', 'dev', 'cable')).not.toContain('10.77.0.3');
  });

  it('are told to the next hop, and answered for, no others', async () => {
    const addresses = ['10.77.0.40', '10.77.0.41'];
    expect(await linked.call('startResponder', 'cable', addresses, [hop])).toEqual([]);
    const known = await pair.far.run('ip', 'neigh', 'show', 'dev', 'cable');
    for (const address of addresses) expect(known).toContain(`${address} lladdr 02:00:00:00:00:01`);
    await pair.far.configure(['neigh flush dev cable']);
    expect(await seenFrom('10.77.0.41')).toContain('lladdr 02:00:00:00:00:01');
    expect(await seenFrom('10.77.0.42')).not.toContain('lladdr');
    expect(await linked.call('responderState')).toMatchObject({ answered: 1, conflicts: [] });
  });

  it('are answered for by neighbour discovery', async () => {
    const addresses = ['fd77::40', 'fd77::41'];
    expect(await linked.call('startResponder', 'cable', addresses, [hop6])).toEqual([]);
    await pair.far.configure(['neigh flush dev cable']);
    expect(await seenFrom('fd77::41')).toContain('lladdr 02:00:00:00:00:01');
    expect(await seenFrom('fd77::42')).not.toContain('lladdr');
  });

  it('are answered for behind the guard, which takes all that goes to them from the kernel', async () => {
    const addresses = ['fd77::48'];
    await linked.call('setGuard', [{ interfaceName: 'cable', family: 6, addresses }]);
    const question = { source: 'fd77::48' };
    const target = { address: 'fd77::130', family: 6 };
    expect(await linked.call('findLinkPath', target, question)).toMatchObject({ nextHopMac: hop6.mac });
    expect(await linked.call('startResponder', 'cable', addresses, [hop6])).toEqual([]);
  });

  it('are nobody’s again after the end, and after kill -9', async () => {
    await linked.call('startResponder', 'cable', ['10.77.0.43', '10.77.0.44'], [hop]);
    await linked.call('stopResponder');
    await pair.far.configure(['neigh flush dev cable']);
    expect(await seenFrom('10.77.0.43')).not.toContain('lladdr');
    await linked.call('startResponder', 'cable', ['10.77.0.43', '10.77.0.44'], [hop]);
    await linked.kill();
    await pair.far.configure(['neigh flush dev cable']);
    expect(await seenFrom('10.77.0.44')).not.toContain('lladdr');
  });

  it('are said to be without a way back if the next hop does not answer them', async () => {
    const silent = { address: '10.77.0.99', mac: '02:00:00:00:00:02' };
    expect(await linked.call('startResponder', 'cable', ['10.77.0.45'], [hop, silent])).toEqual([
      '10.77.0.45',
    ]);
  });

  it('are defended, and a host that turns up with one is named', async () => {
    await linked.call('startResponder', 'cable', ['10.77.0.46'], [hop]);
    await pair.far.configure(['addr add 10.77.0.46/24 dev cable']);
    await pair.far.run('bash', '-c', 'ip netns identify > /dev/null; echo > /dev/udp/10.77.0.1/9');
    // Whoever asks from the address claims it.
    await pair.far.configure([
      'neigh del 10.77.0.1 dev cable',
      'route add 10.77.0.200 dev cable src 10.77.0.46',
    ]);
    await pair.far.run('bash', '-c', 'echo > /dev/udp/10.77.0.200/9; sleep 0.3');
    const { conflicts } = await linked.call<{ conflicts: object[] }>('responderState');
    expect(conflicts[0]).toEqual({ address: '10.77.0.46', mac: '02:00:00:00:00:02' });
    await pair.far.configure(['addr del 10.77.0.46/24 dev cable']);
  });

  it('are not answered for without CAP_NET_RAW, and the reason is told', async () => {
    await linked.end();
    linked = startLinked(pair.near.name, 'setpriv', '--bounding-set=-net_raw', '--inh-caps=-net_raw');
    const { message, exitCode } = await linked.refusal('startResponder', 'cable', ['10.77.0.47'], [hop]);
    expect(message).toContain('EPERM');
    expect(exitCode).toBe(5);
  });

  it('of a whole /23 are probed and told', async () => {
    await pair.near.configure(['addr add 10.90.0.1/16 dev cable']);
    await pair.far.configure(['addr add 10.90.0.2/16 dev cable']);
    // Neighbour tables hold 1,024 entries by default, of all namespaces together: a /22 would fill them.
    const addresses = expandAddresses('10.90.4.0/23');
    expect(addresses).toHaveLength(510);
    expect(await linked.call('findConflicts', 'cable', addresses)).toEqual([]);
    expect(
      await linked.call('startResponder', 'cable', addresses, [{ ...hop, address: '10.90.0.2' }]),
    ).toEqual([]);
  });
});
