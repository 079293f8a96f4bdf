import { expect, it } from 'vitest';
import { describeSynSchedule } from '../../../src/session/load/syn-schedule.ts';
import { armOf } from '../../analysis/parts.ts';

const SYN_RETRIES = 'net.ipv4.tcp_syn_retries';
const LINEAR = 'net.ipv4.tcp_syn_linear_timeouts';

it("is read from the host's own settings", () => {
  const arms = [armOf()];
  expect(describeSynSchedule({ sysctls: { [SYN_RETRIES]: '3' } }, { arms })).toEqual({
    synResentAtSec: [1, 3, 7],
  });
  expect(
    describeSynSchedule({ sysctls: { [SYN_RETRIES]: '2', [LINEAR]: '4' } }, { arms }).synResentAtSec?.slice(
      0,
      5,
    ),
  ).toEqual([1, 2, 3, 4, 5]);
});

it('goes on for an arm that sends more SYNs, and is not told where nothing can be read', () => {
  const arms = [armOf({ socket: { bind: [], synCount: 4 } })];
  expect(describeSynSchedule({ sysctls: { [SYN_RETRIES]: '1' } }, { arms })).toEqual({
    synResentAtSec: [1, 3, 7, 15],
  });
  expect(describeSynSchedule({ sysctls: {} }, { arms })).toEqual({});
});
