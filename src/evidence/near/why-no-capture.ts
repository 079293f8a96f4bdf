import { hasCapability, SETCAP_RAW } from '../../net/link/needs.ts';
import { isLibcAvailable } from '../../net/load.ts';

/** What keeps packets from being captured here, and what would mend it. */
export interface CaptureLack {
  readonly what: string;
  readonly mend: string;
}

/** @returns undefined: they can be captured, as far as this process can tell */
export function whyNoCapture(platform: NodeJS.Platform = process.platform): CaptureLack | undefined {
  if (platform !== 'linux')
    return { what: `this works only on Linux, and this is ${platform}`, mend: 'run it on Linux' };
  if (!isLibcAvailable())
    return {
      what: 'the npm package koffi is not available on this machine',
      mend: 'install it: npm install koffi',
    };
  if (!hasCapability('CAP_NET_RAW'))
    return {
      what: 'this user lacks CAP_NET_RAW',
      mend: `use sudo, or permit it to every program that this Node runs: ${SETCAP_RAW}`,
    };
  return undefined;
}
