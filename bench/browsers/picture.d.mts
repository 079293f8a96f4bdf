/** Each object of a page. */
export const PICTURE: Buffer;
