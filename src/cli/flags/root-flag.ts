import { Option } from 'commander';
import { EnvironmentError } from '../../errors.ts';
import type { Machine } from '../../service/machine.ts';

export function rootOption(): Option {
  return new Option(
    '--root <dir>',
    'operate on the files below this folder, such as an image; nothing is started',
  ).hideHelp();
}

/** @throws EnvironmentError if the user may not change this machine */
export function requireRoot(machine: Machine): void {
  if (machine.isRoot || machine.root !== '') return;
  throw new EnvironmentError('only root may install a soak', {
    hint: 'use sudo, or preview it with --print',
  });
}
