import { decodeFromCompressedBase64, type Histogram } from 'hdr-histogram-js';

/** As the library reads it. @throws Error where the text is not a histogram */
export function decodeHistogram(text: string): Histogram {
  return decodeFromCompressedBase64(text, 32);
}
