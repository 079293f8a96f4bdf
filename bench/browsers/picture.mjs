/** A PNG of one white dot; readers of pictures ignore what comes after its end. */
const DOT = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR42mP4DwABAQEAHLCMmQAAAABJRU5ErkJggg==',
  'base64',
);
const BYTES = 2_000;

/**
 * Each object of a page: a picture indeed. Chromium gives up the request for one that is none, and closes its connection where an
 * answer in chunks is not over by then.
 */
export const PICTURE = Buffer.concat([DOT, Buffer.alloc(BYTES - DOT.length)]);
