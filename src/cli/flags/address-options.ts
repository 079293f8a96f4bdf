import { type Command, Option } from 'commander';
import { UsageError } from '../../errors.ts';
import { ADDRESS_USES, type AddressUse } from '../../scenario/words.ts';

/** Which addresses of a name to use. */
export interface AddressOptions {
  readonly prefer?: 4 | 6;
  readonly addresses?: AddressUse;
}

export function addAddressOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--prefer <family>',
        'use IPv4 (4) or IPv6 (6) if a name has addresses of both families',
      ).argParser(parseFamily),
    )
    .addOption(
      new Option(
        '--addresses <how>',
        'for a name with several addresses: use each in turn (spread), or the first that answers (first)',
      ).choices([...ADDRESS_USES]),
    );
}

function parseFamily(text: string): 4 | 6 {
  if (text === '4') return 4;
  if (text === '6') return 6;
  throw new UsageError(`${JSON.stringify(text)} is not an address family`, {
    hint: 'write --prefer 4 or --prefer 6',
  });
}
