import { expect, it } from 'vitest';
import { describeCounters } from '../../src/analysis/counter-words.ts';
import { summarise } from '../../src/analysis/summarise.ts';
import { Tally } from '../../src/analysis/tally.ts';
import type { Summary } from '../../src/analysis/types.ts';
import { rollUp, setAside, unroll } from '../../src/metrics/window.ts';
import { scenarioOf } from './parts.ts';

const RUN: Summary['run'] = {
  ...{
    id: 'x',
    scenario: 'test',
    label: '',
    startedAt: '2025-01-31T06:00:00Z',
    endedAt: '2025-01-31T06:00:02Z',
  },
  ...{ status: 'complete', engine: 'raw', stallsByTcpInfo: true },
};

const arms = (started: number) => ({ stress: { started } }) as unknown as Summary['arms'];

it('says nothing where SYNs equal attempts and nothing was lost', () => {
  const hostCounters = { TcpActiveOpens: 100, TcpOutSegs: 700, TcpPassiveOpens: 3 };
  expect(describeCounters({ run: RUN, arms: arms(100), hostCounters })).toEqual({ near: [], far: [] });
  expect(describeCounters({ run: RUN, arms: arms(100) })).toEqual({ near: [], far: [] });
});

it('sets the SYNs that were sent against the attempts, and names what was lost', () => {
  const { near, far } = describeCounters({
    ...{ run: RUN, arms: arms(100) },
    hostCounters: { TcpActiveOpens: 90, TcpExtTCPSynRetrans: 12, 'eth0.tx_dropped': 5 },
    farCounters: { TcpPassiveOpens: 80, TcpExtListenOverflows: 7 },
  });
  expect(near).toEqual([
    '90 connections opened (TcpActiveOpens) for 100 attempts, 12 SYNs or SYN-ACKs retransmitted (TcpExtTCPSynRetrans)',
    '5 packets were lost by an interface on the way out (eth0.tx_dropped)',
  ]);
  expect(far).toEqual(['7 connections found an accept queue full (TcpExtListenOverflows)']);
});

it('calls damaged only what had a wrong checksum', () => {
  const hostCounters = { TcpActiveOpens: 100, TcpInErrs: 287, TcpInCsumErrors: 3 };
  expect(describeCounters({ run: RUN, arms: arms(100), hostCounters }).near).toEqual([
    '287 segments arrived that TCP did not accept: damaged, or SYNs on open connections (TcpInErrs)',
    '3 damaged segments arrived (TcpInCsumErrors)',
  ]);
});

it('the packet engine opens no connection of the kernel', () => {
  const run = { ...RUN, engine: 'packet' } as const;
  expect(describeCounters({ run, arms: arms(100), hostCounters: { 'lo.tx_dropped': 0 } }).near).toEqual([]);
});

it('sums counters over seconds that count, in a window of a soak as well', () => {
  const frame = (second: number, opens: number) => ({
    ...{ second, series: {}, open: 0, stallsLeftOut: 0 },
    hostCounters: { TcpActiveOpens: opens },
    farCounters: { TcpPassiveOpens: 1 },
  });
  const frames = [frame(0, 5), frame(1, 7), setAside(frame(2, 1_000))];
  for (const seconds of [frames, unroll(rollUp(frames))]) {
    const tally = new Tally();
    for (const second of seconds) tally.add(second);
    const { hostCounters, farCounters } = summarise({
      ...{ run: RUN, scenario: scenarioOf(), tally, histograms: new Map() },
    });
    expect({ hostCounters, farCounters }).toEqual({
      hostCounters: { TcpActiveOpens: 12 },
      farCounters: { TcpPassiveOpens: 2 },
    });
  }
});
