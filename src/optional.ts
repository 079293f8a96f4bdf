import { locateOwn } from './places.ts';

const ROOT = decodeURIComponent(locateOwn('./').pathname).replace(/\/$/, '');

/** Where the Debian package lies. */
const PACKAGED = '/usr/lib/rushhour';

export interface OptionalPackages {
  readonly names: readonly string[];
  /** Debian packages without which they cannot be compiled. */
  readonly compiledWith?: readonly string[];
}

/**
 * The commands that add optional npm packages to this installation, for the hint of an error.
 * @param root folder of the installation
 */
export function formatAdding({ names, compiledWith = [] }: OptionalPackages, root = ROOT): string {
  if (root === PACKAGED) {
    // dpkg's own folder stays as it was packed: Node looks for packages in /usr/lib/node_modules next.
    const debian = ['npm', ...compiledWith].join(' ');
    return `apt-get install ${debian}, then: npm install --global --prefix /usr ${names.join(' ')}`;
  }
  const debian = compiledWith.length === 0 ? '' : `apt-get install ${compiledWith.join(' ')}, then `;
  const omitted = root.includes('/node_modules/') ? '--omit=dev ' : '';
  // npm takes a package that it could not compile for one that is there.
  const rebuilt = compiledWith.length === 0 ? '' : ` && npm rebuild ${names.join(' ')}`;
  return `${debian}in ${root}: npm install ${omitted}--include=optional${rebuilt}`;
}
