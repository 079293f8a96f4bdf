/** Block types (https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng section 4). */
export const BLOCK = {
  SECTION_HEADER: 0x0a0d_0d0a,
  INTERFACE: 1,
  /** Obsolete, and still written by old tools. */
  PACKET: 2,
  SIMPLE_PACKET: 3,
  STATISTICS: 5,
  ENHANCED_PACKET: 6,
} as const;

export const BYTE_ORDER_MAGIC = 0x1a2b_3c4d;

/** A block's type, and its length twice. */
export const BLOCK_BYTES = 12;

/** Option codes: of any block, and of each. */
export const OPTION_END = 0;
export const COMMENT = 1;
export const SECTION_OPTION = { HARDWARE: 2, OS: 3, APPLICATION: 4 } as const;
export const INTERFACE_OPTION = { NAME: 2, TIME_RESOLUTION: 9, TIME_OFFSET: 14 } as const;
export const STATISTICS_OPTION = { START: 2, END: 3, RECEIVED: 4, DROPPED: 5, OS_DROPPED: 7 } as const;
