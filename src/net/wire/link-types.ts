/** Link-layer header types that captures may have (https://www.tcpdump.org/linktypes.html). */
export const LINK_TYPE = {
  NULL: 0,
  ETHERNET: 1,
  /** LINKTYPE_RAW as OpenBSD and others number it. */
  RAW_BSD: 12,
  RAW_OPENBSD: 14,
  RAW: 101,
  LOOP: 108,
  LINUX_SLL: 113,
  IPV4: 228,
  IPV6: 229,
  LINUX_SLL2: 276,
} as const;

const NAMES: Readonly<Record<number, string>> = {
  6: 'Token Ring',
  10: 'FDDI',
  105: 'IEEE 802.11',
  127: 'IEEE 802.11 with radiotap',
  119: 'IEEE 802.11 with Prism header',
  189: 'USB',
  220: 'USB',
  192: 'per-packet information',
  239: 'netfilter log',
};

const READ: ReadonlySet<number> = new Set(Object.values(LINK_TYPE));

export function isReadable(linkType: number): boolean {
  return READ.has(linkType);
}

/** The name of a link type, for messages about captures that cannot be read. */
export function describeLinkType(linkType: number): string {
  const name = NAMES[linkType];
  return name === undefined ? `link type ${linkType}` : `${name} (link type ${linkType})`;
}
