import type { InstalledSoak, SoakInstallPlan, SoakNeeds } from '../../src/service/installed-soak.ts';

const HOUR_US = 3_600_000_000;

export function nightOf(changes: Partial<InstalledSoak> = {}): InstalledSoak {
  return {
    schema: 1,
    name: 'steady',
    scenario: 'steady',
    label: '',
    results: '/var/lib/rushhour/results',
    user: 'rushhour',
    forUs: 5 * HOUR_US,
    at: '01:30',
    on: null,
    ...changes,
  };
}

export function needsOf(changes: Partial<SoakNeeds> = {}): SoakNeeds {
  return {
    openAtMost: 10_000,
    drainUs: 30_000_000,
    workers: 1,
    bindsLowPorts: false,
    setsTcpTimestamps: false,
    sendsPackets: false,
    notifies: true,
    variables: [],
    ...changes,
  };
}

/** A night of 5 h at 200/s, node and program where they are in this checkout. */
export function planOf(changes: Partial<SoakInstallPlan> = {}): SoakInstallPlan {
  return {
    night: nightOf(),
    needs: needsOf(),
    program: {
      node: process.execPath,
      main: new URL('../../dist/cli/main.js', import.meta.url).pathname,
    },
    words: ['steady', '--for', '5h', '--rate', '200/s'].map((text) => ({ kind: 'text', text })),
    ...changes,
  };
}

/** The value of a setting that stands once. */
export function settingOf(unit: string, name: string): string | undefined {
  const lines = unit.split('\n').filter((line) => line.startsWith(`${name}=`));
  return lines.length === 1 ? lines[0]!.slice(name.length + 1) : undefined;
}
