import { Option } from 'commander';
import { CLIENT_NAMES, type ClientName } from '../../client/registry.ts';

/** The client to imitate. */
export interface ClientOption {
  readonly client?: ClientName;
}

/** @param whose connections, as in "client whose SYNs every arm sends" */
export function clientOption(whose: string): Option {
  return new Option('--client <name>', `client whose SYNs ${whose}; needs --engine packet`).choices([
    ...CLIENT_NAMES,
  ]);
}
