import { android } from './profiles/android.ts';
import { chromeos } from './profiles/chromeos.ts';
import { ios } from './profiles/ios.ts';
import { linux6 } from './profiles/linux-6.ts';
import { macos } from './profiles/macos.ts';
import { windows10 } from './profiles/windows-10.ts';
import { windows11 } from './profiles/windows-11.ts';
import type { ClientProfile } from './types.ts';

/** Every client that can be imitated, by name. Each file gives the sources of its facts, and what is not known. */
export const CLIENTS = {
  'windows-11': windows11,
  'windows-10': windows10,
  'linux-6': linux6,
  android,
  macos,
  ios,
  chromeos,
} as const satisfies Readonly<Record<string, ClientProfile>>;

export type ClientName = keyof typeof CLIENTS;
export const CLIENT_NAMES = Object.keys(CLIENTS) as readonly ClientName[];

/** The client of arms that do not name one. */
export const DEFAULT_CLIENT = 'linux-6' satisfies ClientName;
