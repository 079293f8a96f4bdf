import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { makePair, type Pair } from '../../support/namespaces.ts';
import { suiteNeeding } from '../../support/suite-needing.ts';
import { type Linked, startLinked } from './linked.ts';

const LONGEST_MS = 20_000;

suiteNeeding('groups of emulated IPv6 addresses', ['linux', 'root', 'netns', 'ip', 'npm:koffi'], () => {
  let pair: Pair;
  let remove: () => Promise<void>;
  let linked: Linked;

  beforeAll(async () => {
    ({ pair, remove } = await makePair());
    // A switch that looks who listens to what.
    await pair.far.configure([
      'link add switch type bridge mcast_snooping 1 mcast_mld_version 2',
      'link set cable master switch',
      'link set switch up',
      'addr add fd77::200/64 dev switch nodad',
    ]);
    linked = startLinked(pair.near.name);
  });
  afterAll(async () => {
    await linked?.end();
    await remove?.();
  });

  const hop = { address: 'fd77::200', mac: '02:00:00:00:00:02' };
  const addresses = Array.from({ length: 20 }, (_, index) => `fd77::aa:${(index + 1).toString(16)}`);
  const groups = addresses.map((address) => address.replace('fd77::aa:', 'ff02::1:ffaa:')).sort();

  /** The groups of these addresses that the switch forwards to the cable. */
  const forwarded = async (): Promise<string[]> => {
    const table = await pair.far.run('bridge', 'mdb', 'show');
    return [...new Set(table.match(/ff02::1:ffaa:\w+/g) ?? [])].sort();
  };

  it('are told to switches as they begin, when asked, and as they end', { timeout: 60_000 }, async () => {
    expect(await forwarded()).toEqual([]);
    await linked.call('startResponder', 'cable', addresses, [hop]);
    await vi.waitFor(async () => expect(await forwarded()).toEqual(groups), LONGEST_MS);
    // It has forgotten all of them, and asks.
    await pair.far.configure(['link set switch type bridge mcast_snooping 0']);
    await pair.far.configure(['link set cable nomaster']);
    await pair.far.configure(['link set cable master switch']);
    expect(await forwarded()).toEqual([]);
    // More than one query, a second apart: the first goes unsent where the switch has no address of its own yet.
    await pair.far.configure([
      'link set switch type bridge mcast_startup_query_count 10 mcast_startup_query_interval 100',
      'link set switch type bridge mcast_query_response_interval 100 mcast_last_member_interval 10',
      'link set switch type bridge mcast_snooping 1 mcast_querier 1',
    ]);
    await vi.waitFor(async () => expect(await forwarded()).toEqual(groups), LONGEST_MS);
    await linked.call('stopResponder');
    await vi.waitFor(async () => expect(await forwarded()).toEqual([]), LONGEST_MS);
  });
});
