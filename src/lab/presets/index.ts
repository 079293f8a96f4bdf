import { UsageError } from '../../errors.ts';
import { suggest } from '../../scenario/suggest.ts';
import { AND, combine } from '../combine.ts';
import { type ConfiguredPreset, type Preset, parsePresetArgument, parseSetting } from '../preset.ts';
import { acceptQueueOne } from './accept-queue-one.ts';
import { deadAddress } from './dead-address.ts';
import { deadPath } from './dead-path.ts';
import { ecnDrop } from './ecn-drop.ts';
import { efPolicer } from './ef-policer.ts';
import { failOpen5s } from './fail-open-5s.ts';
import { fastOpenDrop } from './fast-open-drop.ts';
import { firstSegmentLoss } from './first-segment-loss.ts';
import { healthy } from './healthy.ts';
import { icmpReject } from './icmp-reject.ts';
import { idleCut } from './idle-cut.ts';
import { idleForget } from './idle-forget.ts';
import { latency } from './latency.ts';
import { longPath } from './long-path.ts';
import { mtuBlackHole } from './mtu-black-hole.ts';
import { preAnswered } from './pre-answered.ts';
import { probeDrops } from './probe-drops.ts';
import { proxyRestart } from './proxy-restart.ts';
import { randomLoss } from './random-loss.ts';
import { randomNat } from './random-nat.ts';
import { resetInjected } from './reset-injected.ts';
import { slowFarEnd } from './slow-far-end.ts';
import { smallNatPool } from './small-nat-pool.ts';
import { synFlood } from './syn-flood.ts';
import { synRateLimit } from './syn-rate-limit.ts';
import { synproxy } from './synproxy.ts';
import { tableLimit } from './table-limit.ts';
import { timewait1s } from './timewait-1s.ts';
import { timewait1sLenient } from './timewait-1s-lenient.ts';
import { timewait1sRstDrop } from './timewait-1s-rst-drop.ts';
import { timewait60s } from './timewait-60s.ts';
import { twoAddresses } from './two-addresses.ts';
import { windowsDrop } from './windows-drop.ts';

export const PRESETS: readonly Preset[] = [
  healthy,
  timewait1s,
  timewait1sRstDrop,
  timewait1sLenient,
  timewait60s,
  smallNatPool,
  tableLimit,
  synFlood,
  synRateLimit,
  preAnswered,
  idleCut,
  idleForget,
  efPolicer,
  mtuBlackHole,
  randomLoss,
  firstSegmentLoss,
  resetInjected,
  latency,
  slowFarEnd,
  failOpen5s,
  icmpReject,
  proxyRestart,
  acceptQueueOne,
  deadAddress,
  deadPath,
  longPath,
  synproxy,
  twoAddresses,
  randomNat,
  windowsDrop,
  ecnDrop,
  fastOpenDrop,
  probeDrops,
];

/**
 * Parses a preset argument: `name`, `name:value` or `name:key=value,...`, several of them with `+` between, and further `key=value`
 * settings of the only one.
 * @throws UsageError if a preset, a parameter or a value is unknown, or presets do not go together
 */
export function readPreset(argument: string, settings: readonly string[] = []): ConfiguredPreset {
  const parts = argument.split(AND);
  if (parts.length > 1 && settings.length > 0) {
    throw new UsageError('Of several presets, --set does not say which one it means.', {
      hint: `write settings behind each: ${parts.map((part) => part.split(':')[0]).join(`:key=value${AND}`)}:key=value`,
    });
  }
  return combine(parts.map((part) => readOne(part, settings)));
}

function readOne(argument: string, settings: readonly string[]): ConfiguredPreset {
  const { name, settings: own } = parsePresetArgument(argument);
  const preset = PRESETS.find((one) => one.name === name);
  if (preset === undefined) {
    throw new UsageError(`There is no lab preset "${name}".`, {
      hint: suggest(
        name,
        PRESETS.map((one) => one.name),
      ),
    });
  }
  return preset.configure([...own, ...settings.map(parseSetting)]);
}
