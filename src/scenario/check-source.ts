import type { SweepLoad } from './load-types.ts';
import type { ArmFile } from './schema.ts';
import type { SourceAddress } from './types.ts';
import type { Via } from './words.ts';
import { sendsNothing } from './words.ts';

interface Fault {
  readonly key: 'source' | 'load' | 'close' | 'via';
  readonly what: string;
  readonly fix: string;
}

/** What is wrong with an arm's source, by itself or in combination with its load. */
export function checkSource(via: Via, written: ArmFile): Fault[] {
  const faults: Fault[] = [];
  if (written.source !== undefined && written.socket?.bind !== undefined) {
    const what = 'socket.bind and source both set where connections come from';
    faults.push({ key: 'source', what, fix: 'keep source' });
  }
  if (written.load?.kind === 'sweep') faults.push(...checkSweep(via, written, written.load));
  return faults;
}

function checkSweep(via: Via, { source, close }: ArmFile, load: SweepLoad): Fault[] {
  const faults: Fault[] = [];
  if (sendsNothing(via) || (close !== undefined && close !== 'peer')) {
    faults.push({
      key: sendsNothing(via) ? 'via' : 'close',
      what: 'a sweep needs the far end to close first, so that TIME_WAIT stays there',
      fix: 'use via: proxy or direct, and close: peer',
    });
  }
  const { ports, addresses = [] } = source ?? {};
  if (ports === undefined || addresses.length === 0) {
    const what = 'a sweep needs two source addresses and a range of ports';
    faults.push({
      key: source === undefined ? 'load' : 'source',
      what,
      fix: 'add source: { addresses: [...], ports: 20000-20999 }',
    });
    return faults;
  }
  if (addresses.length === 1 && addresses.every(isSingle)) {
    const what = 'a sweep from one address: the second attempt of each pair needs another address';
    faults.push({ key: 'source', what, fix: 'add a second address of this machine' });
  }
  if (ports.order !== 'sequential' || ports.reuseAfterUs > 0) {
    const what = 'a sweep uses each port once, at a time set by its delay';
    faults.push({ key: 'source', what, fix: 'remove order, reuseAfter and reuseExactly' });
  }
  const needed = load.delaysUs.length * load.pairs;
  const has = ports.range.to - ports.range.from + 1;
  if (has < needed) {
    const what = `${load.delaysUs.length} delays with ${load.pairs} pairs each need ${needed} source ports; only ${has} are available`;
    faults.push({ key: 'source', what, fix: 'widen source.ports, or use fewer pairs or delays' });
  }
  return faults;
}

function isSingle({ kind }: SourceAddress): boolean {
  return kind === 'address';
}
