/** What becomes of each document that a tab of Chromium asks for, and of its objects: those that it opens again by itself, too. */

/**
 * @param {{on: (method: string, hear: (params: object) => void) => unknown}} page with its Network and lifecycle events enabled
 * @returns {{atMs: number, url: string, ms?: number, came?: string, lacking: number}[]} grows as documents are asked for; `atMs`
 *   since the epoch; `came`: `loaded`, or an error's name; `lacking`: objects that failed
 */
export function logPages(page) {
  const log = [];
  /** By the number that Chromium has for a document, which is that of its request as well. */
  const documents = new Map();
  /** The document of each object's request. */
  const owners = new Map();
  const end = (entry, came) => {
    if (entry === undefined || entry.came !== undefined) return;
    entry.ms = Date.now() - entry.atMs;
    entry.came = came;
  };
  page.on('Network.requestWillBeSent', ({ requestId, loaderId, type, request }) => {
    if (type !== 'Document') owners.set(requestId, loaderId);
    else if (!documents.has(requestId)) {
      const entry = { atMs: Date.now(), url: request.url, lacking: 0 };
      documents.set(requestId, entry);
      log.push(entry);
    }
  });
  page.on('Network.loadingFailed', ({ requestId, canceled, errorText }) => {
    end(documents.get(requestId), errorText.replace('net::', ''));
    const owner = documents.get(owners.get(requestId));
    if (owner !== undefined && canceled !== true) owner.lacking += 1;
  });
  page.on('Page.lifecycleEvent', ({ name, loaderId }) => {
    if (name === 'load') end(documents.get(loaderId), 'loaded');
  });
  return log;
}
