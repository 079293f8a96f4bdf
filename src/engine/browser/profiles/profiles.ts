import type { BrowserKind } from '../../../scenario/words.ts';
import { CHROMIUM } from './chromium.ts';
import { FIREFOX } from './firefox.ts';
import type { BrowserProfile } from './profile.ts';

export const PROFILES: Readonly<Record<BrowserKind, BrowserProfile>> = {
  chromium: CHROMIUM,
  firefox: FIREFOX,
};
