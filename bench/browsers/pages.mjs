/** The pages that browsers are shown: objects on so many hosts, none of which may be kept. */

import { PICTURE } from './picture.mjs';

/** How long the far end takes for each answer: an answer within microseconds would free a connection before the next is asked for. */
export const ANSWER_AFTER_MS = 20;

/** Names of pages: all else is what a browser asks of its own accord. */
export const isOfPages = (host) => host.endsWith('.test') || /^[\d.]+$/.test(host);

/** Names whose answers never come. */
export const isSilent = (host) => host.endsWith('.silent.test');

/**
 * The address of a page.
 * @param {{scheme: string, host: string, objects?: number, hosts?: number, on?: string}} page `objects` besides the document;
 *   `hosts` over which they are spread, the first of them the document's own; `on`: another domain for all of them
 */
export function addressOf({ scheme, host, objects = 0, hosts = 1, on = '' }) {
  return `${scheme}://${host}/page?objects=${objects}&hosts=${hosts}&on=${on}&n=${Math.random().toString(36).slice(2)}`;
}

/**
 * What a web server answers.
 * @param {string} scheme @param {string} host @param {string} target path and query
 */
export function answerTo(scheme, host, target) {
  const url = new URL(target, `${scheme}://${host}`);
  if (url.pathname !== '/page') return { type: 'image/png', body: PICTURE };
  const [objects, hosts] = ['objects', 'hosts'].map((key) => Number(url.searchParams.get(key)));
  const on = url.searchParams.get('on');
  const hostOf = (index) => {
    if (on !== '') return `o${index % hosts}.${on}`;
    return index % hosts === 0 ? host : `o${index % hosts}.${host}`;
  };
  const number = url.searchParams.get('n');
  const images = Array.from(
    { length: objects },
    (_, index) => `<img src="${scheme}://${hostOf(index)}/${index + 1}.png?n=${number}">`,
  );
  // The icon is inside, or a browser would ask for one more object.
  const body = `<!doctype html><title>page</title><link rel="icon" href="data:,">${images.join('')}`;
  return { type: 'text/html', body: Buffer.from(body) };
}
