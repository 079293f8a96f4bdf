import { layOutOptions, readChoice } from './options.ts';
import { CLIENTS, type ClientName } from './registry.ts';
import type { ClientKnobs, ClientProfile } from './types.ts';

/** Largest window that a header can express without a scale (RFC 9293 section 3.1). */
const LARGEST_WINDOW = 65_535;

/** A client by its name, with the differences that the knobs make. */
export function resolveClient(name: ClientName, knobs: ClientKnobs = {}): ClientProfile {
  const profile: ClientProfile = CLIENTS[name];
  const { window, windowScale, timestamps, sack, fastOpen, ...same } = knobs;
  const had = readChoice(profile.synOptions);
  const choice = {
    windowScale: windowScale === undefined ? had.windowScale : windowScale !== 'off',
    sack: sack ?? had.sack,
    timestamps: timestamps ?? had.timestamps,
    fastOpen: fastOpen ?? had.fastOpen,
  };
  const scaled = typeof windowScale === 'number' ? windowScale : profile.windowScale;
  return {
    ...profile,
    ...same,
    synOptions: layOutOptions(profile.stack, choice),
    windowScale: choice.windowScale ? scaled : 0,
    ...fitWindow(profile, window, choice.windowScale ? scaled : 0),
  };
}

/** Window and scale have to fit together: without a scale the header cannot express more than 65,535. */
function fitWindow(
  profile: ClientProfile,
  window: number | undefined,
  scale: number,
): Pick<ClientProfile, 'synWindow' | 'isWindowInSegments' | 'window'> {
  const { synWindow, isWindowInSegments } = profile;
  const most = LARGEST_WINDOW * 2 ** scale;
  if (window === undefined) return { synWindow, isWindowInSegments, window: Math.min(profile.window, most) };
  // Less than one step of the scale would be a window of 0.
  return { synWindow: window, isWindowInSegments: false, window: Math.max(window, 2 ** scale) };
}
