import { UsageError } from '../../errors.ts';
import { loadFirewall, OUTGOING_SYN } from '../firewall.ts';
import { wholeNumber, wholeSeconds } from '../parameters.ts';
import { definePreset } from '../preset.ts';
import { chain } from '../ruleset.ts';

export const synFlood = definePreset({
  name: 'syn-flood',
  symptom: 'clean phases alternate with outages of every new connection',
  mimics:
    'Check Point SYN Defender: on above 5,000 SYN/s, off below 1,000, active for 60 s at least, grace 30 s (vendor document)',
  isRulesAlone: true,
  causes: ['syn-flood-defence'],
  vary(draw) {
    const low = draw.whole(5, 20);
    return {
      ...{ high: String(draw.whole(low, 35)), low: String(low) },
      ...{ on: draw.seconds(3, 20), off: draw.seconds(2, 10) },
    };
  },
  parameters: {
    high: wholeNumber({ help: 'SYN/s that switch it on', fallback: 200, min: 1, max: 100_000 }),
    low: wholeNumber({ help: 'SYN/s that keep switching it on again', fallback: 40, min: 1, max: 100_000 }),
    on: wholeSeconds({ help: 'how long it drops', fallback: 20, min: 1, max: 600 }),
    off: wholeSeconds({ help: 'minimum pause between two outages', fallback: 10, min: 1, max: 600 }),
  },
  check({ high, low }) {
    if (low > high) {
      throw new UsageError(`Preset syn-flood: low=${low} is above high=${high}.`, {
        hint: 'the defence must switch off at a lower rate than it switches on',
      });
    }
  },
  async apply(lab, { high, low, on, off }) {
    await loadFirewall(lab, {
      declarations: [
        ...['dropping', 'quiet', 'wary'].map(declareSwitch),
        ...chain('fire', '', [
          `add @dropping { ${SWITCH} timeout ${on}s }`,
          `add @quiet { ${SWITCH} timeout ${on + off}s }`,
          // Alert until a whole second has passed below the lower rate.
          `update @wary { ${SWITCH} timeout ${on + off + 1}s }`,
          'drop',
        ]),
        ...chain('defend', '', [
          `${SWITCH} @dropping drop`,
          `${SWITCH} @quiet return`,
          `${SWITCH} @wary limit rate over ${low}/second burst ${burst(low)} packets jump fire`,
          `limit rate over ${high}/second burst ${burst(high)} packets jump fire`,
        ]),
      ],
      forward: [`${OUTGOING_SYN} jump defend`],
    });
  },
});

/** A set with at most one live element is a switch that expires: every SYN has the same key. */
const SWITCH = 'meta l4proto';

/** Expired elements count until they are collected, hence a size above one. */
function declareSwitch(name: string): string {
  return `set ${name} { type inet_proto; flags dynamic,timeout; size 64; }`;
}

/** Packets above the rate that are tolerated: a quarter of a second's worth, because arrivals may be uneven. */
function burst(ratePerSec: number): number {
  return Math.max(5, Math.ceil(ratePerSec / 4));
}
