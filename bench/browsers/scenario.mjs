/** Scenarios of rushhour's browser arm for pages as pages.mjs makes them. */

/**
 * @param {string} url of the page
 * @param {string | undefined} proxy as scenarios name it, a PAC script included; undefined: past all proxies
 * @param {string} login what the arm says of credentials
 * @param {object} load when pages are opened, and how
 * @param {{browsers: number, natPorts?: number}} counts
 */
export function scenarioOf(url, proxy, login, load, { browsers, natPorts }) {
  const { protocol, hostname, searchParams } = new URL(url);
  const [objects, hosts] = ['objects', 'hosts'].map((key) => Number(searchParams.get(key)));
  const on = searchParams.get('on');
  const names =
    on === ''
      ? [hostname, ...(hosts > 1 ? [`o{1-${hosts - 1}}.${hostname}`] : [])]
      : [`o{0-${hosts - 1}}.${on}`];
  const times = Object.entries(load).map(([key, value]) => `      ${key}: ${value}`);
  const via = protocol === 'https:' ? 'tunnel' : 'proxy';
  return `schema: 1
description: Pages of browsers.
${natPorts === undefined ? '' : `natPorts: ${natPorts}`}
arms:
  page:
    via: ${proxy === undefined ? 'direct' : via}
    ${proxy === undefined ? '' : `proxy: ${proxy}`}
    target: ${protocol}//${hostname}/page?n={nonce}
    ${protocol === 'https:' ? 'tls: { insecure: true }' : ''}
    ${login}
    load:
      browsers: ${browsers}
${times.join('\n')}
      page:
        objects: ${objects + 1}
        paths: ["/{object}.png?n={nonce}"]
        ${proxy === undefined ? '' : `hosts: ${JSON.stringify(names)}`}
`;
}
