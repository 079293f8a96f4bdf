import { realpathSync } from 'node:fs';
import { EnvironmentError } from '../errors.ts';
import { locateBuilt } from '../places.ts';
import type { SoakInstallPlan } from './installed-soak.ts';

/** Folders that ProtectHome= and PrivateTmp= hide from the service. */
const HIDDEN = ['/home', '/root', '/run/user', '/tmp', '/var/tmp'];

/**
 * What the units start. Not bin/rushhour: in a checkout that installs and builds when something is newer, which a service
 * can neither do nor should.
 */
export function locateProgram(): SoakInstallPlan['program'] {
  return { node: realpathSync(process.execPath), main: locateBuilt('cli/main.js') };
}

/**
 * What the service cannot see because it is in a home folder or among temporary files.
 * @param paths by what they are
 */
export function findHidden(paths: ReadonlyMap<string, string>): string[] {
  return [...paths].flatMap(([what, path]) => {
    const folder = HIDDEN.find((hidden) => path === hidden || path.startsWith(`${hidden}/`));
    return folder === undefined ? [] : [`${what}: ${path} (below ${folder})`];
  });
}

/** @throws EnvironmentError if the service would not see something, or its user may not read it */
export function refuseHidden(hidden: readonly string[], main: string): void {
  if (hidden.length === 0) return;
  const root = main.replace(/\/dist\/cli\/main\.js$/, '');
  const isProgram = hidden.some((line) => line.startsWith('program') || line.startsWith('node'));
  throw new EnvironmentError(
    ['the soak runs as a dedicated user, which cannot read:', ...hidden].join('\n  '),
    {
      hint: isProgram
        ? `move it to a world-readable place: sudo cp -a ${root} /opt/rushhour && sudo /opt/rushhour/bin/rushhour soak install ... (and node from the distribution: sudo apt-get install nodejs)`
        : 'put such files below /etc/rushhour, and make them readable by the user: sudo chgrp rushhour FILE && sudo chmod 640 FILE',
    },
  );
}
