import { statSync, writeFileSync } from 'node:fs';
import { EnvironmentError } from '../../errors.ts';
import { readText } from '../read.ts';
import type { Kernel } from './types.ts';

/**
 * The kernel of this machine.
 * @throws EnvironmentError if it is not Linux
 */
export function openKernel(): Kernel {
  const bootId = readText('/proc/sys/kernel/random/boot_id');
  const namespace = inodeOf('/proc/self/ns/net');
  if (bootId === undefined || namespace === undefined) {
    throw new EnvironmentError('kernel settings can only be changed on Linux, with /proc mounted', {
      hint: 'run rushhour doctor to see what it can check on this system',
    });
  }
  return {
    ...{ bootId, namespace },
    isFirstNamespace: inodeOf('/proc/1/ns/net') === namespace,
    read: (name) => readText(pathOf(name))?.replace(/\s+/g, ' '),
    write: (name, value) => writeFileSync(pathOf(name), value),
  };
}

function pathOf(name: string): string {
  return `/proc/sys/${name.replaceAll('.', '/')}`;
}

function inodeOf(path: string): number | undefined {
  try {
    return statSync(path).ino;
  } catch {
    return undefined;
  }
}
