/** Plays a row once with a fresh browser, and says what the proxy and the wire saw. */
import { setTimeout as sleep } from 'node:timers/promises';
import { lose } from './losses.mjs';
import { startPac } from './pac.mjs';
import { isOfPages } from './pages.mjs';
import { startProxy } from './proxy.mjs';
import { startSquid } from './squid.mjs';
import { peakOf, watchWire } from './wire.mjs';

const FIRST = 3128;
const SECOND = 3129;
const PAC = 8088;
const THROUGH = [FIRST, SECOND];
const HTTP = 80;
const HTTPS = 443;
/** For what a browser still does once its page is there. */
const AFTERWARDS_MS = 1_000;

/**
 * @param {object} row of rows.mjs
 * @param {object} browser of chromium.mjs, firefox.mjs or arm.mjs
 * @param {{dir: string, link: string, address: string, kdc: object}} place
 */
export async function playRow(row, browser, place) {
  const { address, dir, kdc } = place;
  const { auth = 'none', closes = false } = row;
  const options = { dir, address, kdc, auth, closes, fault: row.fault };
  const closers = [];
  const starting = async (thing) => {
    closers.push(thing.stop);
    return thing;
  };
  try {
    await lose('none');
    const wire = await starting(await watchWire(place.link, address));
    const proxies = await startProxies(row, options, starting);
    const told = await tellProxy(row, address, starting);
    const marks = {};
    const begin = () => {
      wire.clear();
      for (const { connections } of proxies) for (const one of connections ?? []) one.requests.length = 0;
      marks.begun = Date.now();
    };
    const mark = (name) => (marks[name] = Date.now());
    const launching = { dir, proxy: told, auth, isCold: row.isCold, stays: row.stays, env: kdc.env };
    const all = await launchAll(browser, row.browsers ?? 1, launching);
    const [launched] = all;
    let came;
    try {
      const openAll = (url, withinMs) => openIn(all, url, withinMs);
      const pass = launched.pass ?? sleep;
      const stage = { browser: launched, proxy: proxies[0], address, mark, openAll, pass };
      await row.prepare?.(stage);
      if (row.loses !== undefined && !launched.looksFirst) await lose(row.loses, FIRST);
      await row.prepareLossy?.(stage);
      begin();
      const playing = row.play(stage);
      if (row.loses !== undefined && launched.looksFirst) await loseAfterLook(row.loses, proxies[0], playing);
      came = await playing;
      marks.begun = came.loadBeganAtMs ?? marks.begun;
      await sleep(row.afterwardsMs ?? AFTERWARDS_MS);
      marks.ended = Date.now();
    } finally {
      for (const one of all) await one.stop();
    }
    const { loadBeganAtMs = 0, ...page } = came;
    const connectionsTo = async (ports) =>
      (await wire.connections(ports)).filter(({ syns }) => syns[0] >= loadBeganAtMs);
    const seen = await connectionsTo(row.isDirect ? [HTTP, HTTPS] : THROUGH);
    const asked = (await Promise.all(proxies.map((proxy) => readRequests(proxy, seen)))).flat();
    const direct = await connectionsTo([HTTP]);
    const lost = await wire.stop();
    if (lost > 0) throw new Error(`tcpdump lost ${lost} packets.`);
    const figures = figuresOf(seen, asked, marks);
    return { ...figures, direct: countDirect(row, direct), ...page, ms: Math.round(page.ms) };
  } finally {
    for (const close of closers.reverse()) await close();
    await lose('none');
  }
}

/** Browsers, one after the other; rushhour's arm is all of them at once. */
async function launchAll(browser, count, launching) {
  const all = [];
  const times = browser.playsAll ? 1 : count;
  while (all.length < times) all.push(await browser.launch({ ...launching, browsers: count }));
  return all;
}

/** All open the page at the same time. @returns the median of their times, and what became of their pages */
async function openIn(all, url, withinMs) {
  const pages = await Promise.all(all.map((one) => one.open(url, withinMs)));
  const sorted = pages.map(({ ms }) => ms).sort((a, b) => a - b);
  const came = [...new Set(pages.map((page) => page.came))].join(', ');
  return { ...pages[0], came, ms: sorted[Math.floor((sorted.length - 1) / 2)] };
}

/** What looks whether the proxy is there before its load is let through until it has seen that. */
async function loseAfterLook(which, proxy, playing) {
  const has = { ended: false };
  playing.finally(() => (has.ended = true)).catch(() => undefined);
  while (!has.ended && !proxy.connections.some(({ socket }) => socket.destroyed)) await sleep(5);
  await lose(which, FIRST);
}

/** The first proxy, of the row's kind, and the second. */
async function startProxies(row, options, starting) {
  const proxies = [];
  const first = { ...options, port: FIRST };
  if (row.isDirect) return [];
  if (row.proxy === 'squid') proxies.push(await starting(await startSquid(first)));
  else if (row.proxy !== 'absent') proxies.push(await starting(await startProxy(first)));
  if (row.hasSecond) proxies.push(await starting(await startProxy({ ...options, port: SECOND })));
  return proxies;
}

async function tellProxy(row, address, starting) {
  if (row.isDirect) return { pastTo: address };
  const proxies = [`${address}:${FIRST}`, ...(row.hasSecond ? [`${address}:${SECOND}`] : [])];
  if (row.pac === undefined) return { server: proxies[0] };
  const pac = await starting(await startPac({ kind: row.pac, address, port: PAC, proxies }));
  return { server: proxies[0], pac: pac.url };
}

/** Squid connects to the origin itself: what goes past a proxy is asked of rows without it. */
const countDirect = (row, direct) => (row.proxy === 'squid' ? 0 : direct.length);

/** Squid's log has what was asked before the row too: it is known by its connections. */
async function readRequests({ connections, readLog }, seen) {
  const ports = new Set(seen.map(({ clientPort }) => clientPort));
  if (readLog !== undefined) return (await readLog()).filter(({ port }) => ports.has(port));
  return connections.flatMap(({ port, requests }) => requests.map((request) => ({ port, ...request })));
}

/**
 * Counts and times, in milliseconds from the beginning of the row. What a browser asks of its own accord, of hosts that are
 * not of the pages, is left out with its connections, and counted apart.
 */
function figuresOf(seen, asked, marks) {
  const others = asked.filter(({ host }) => !isOfPages(host));
  const foreign = new Set(others.map(({ port }) => port));
  const wire = seen.filter(({ clientPort }) => !foreign.has(clientPort));
  const requests = asked.filter(({ port }) => !foreign.has(port));
  const since = (atMs) => Math.round(atMs - marks.begun);
  const syns = wire.flatMap((connection) => connection.syns);
  const begun = wire.map((connection) => connection.syns[0]).sort((a, b) => a - b);
  const opened = wire.filter(({ openAtMs }) => openAtMs !== undefined);
  const closed = wire.filter(({ endedAtMs }) => endedAtMs !== undefined && endedAtMs < marks.ended);
  const times = Object.entries(marks).filter(([name]) => !['begun', 'ended'].includes(name));
  return {
    connections: wire.length,
    unopened: wire.length - opened.length,
    unasked: opened.filter(({ sentBytes }) => sentBytes === 0).length,
    connects: requests.filter(({ method, status }) => method === 'CONNECT' && status !== 407).length,
    challenges: requests.filter(({ status }) => status === 407).length,
    requests: requests.filter(({ method, status }) => method !== 'CONNECT' && status === 200).length,
    faults: requests.filter(({ status }) => typeof status === 'string').length,
    syns: syns.length,
    synsOfOne: Math.max(0, ...wire.map((connection) => connection.syns.length)),
    peak: peakOf(wire),
    toSecond: wire.filter(({ serverPort }) => serverPort === SECOND).length,
    foreign: foreign.size,
    foreignHosts: others.map(({ host }) => host),
    ...(begun.length > 0 && {
      firstMs: since(begun[0]),
      lastMs: since(begun.at(-1)),
      lastSynMs: since(Math.max(...syns)),
    }),
    closedByBrowser: closed.filter(({ endedBy }) => endedBy.startsWith('client')).length,
    ...(closed.length > 0 && { firstClosedMs: since(Math.min(...closed.map(({ endedAtMs }) => endedAtMs))) }),
    begunMs: begun.map(since),
    ...Object.fromEntries(times.map(([name, atMs]) => [`${name}Ms`, since(atMs)])),
  };
}
