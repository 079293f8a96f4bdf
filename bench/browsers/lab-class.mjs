/** A class among the clients of a lab, for lab.mjs: what its users saw, and what its connections met. */
import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { createPauses } from '../../dist/plan/browsers.js';
import { playClass } from './arm.mjs';
import chromium from './chromium.mjs';
import { addressOf } from './pages.mjs';
import { peakOf, watchWire } from './wire.mjs';

const PROXY = { address: '10.20.0.2', port: 3128 };
/** The clients' interface. */
const LINK = 'eth0';
const PAGE = { scheme: 'http', host: 'portal.test', objects: 39, hosts: 20 };
/** Longer than any page takes: a connection is given up after 8 s, and an object may meet several. */
const PAGE_WITHIN_MS = 60_000;
/** A second SYN is sent after a second (RFC 6298), a second and a half later none is left that was not lost. */
const STALLED_SYNS = 2;

const { browser, dir, browsers, sec, thinkSec, natPorts, trace } = JSON.parse(process.argv[2]);
const wire = await watchWire(LINK, PROXY.address);
const seen = browser === 'chromium' ? await watchChromiums() : await watchArm();
const connections = (await wire.connections([PROXY.port])).filter(({ syns }) => syns[0] >= seen.begunAtMs);
const lost = await wire.stop();
if (lost > 0) throw new Error(`tcpdump lost ${lost} packets.`);
const { begunAtMs, log, ...figures } = seen;
if (trace !== undefined) writeFileSync(trace, JSON.stringify({ begunAtMs, log, connections }));
const counts = {
  connections: connections.length,
  unopened: connections.filter(({ openAtMs }) => openAtMs === undefined).length,
  stalled: connections.filter(({ syns }) => syns.length >= STALLED_SYNS).length,
  syns: connections.reduce((sum, { syns }) => sum + syns.length, 0),
  peak: peakOf(connections),
};
process.stdout.write(`${JSON.stringify({ ...figures, ...counts })}\n`);
// Whatever a browser left open must not keep this from ending.
process.exit();

/** Each opens its pages in turn, with the pauses that the arm's browser of the same number makes. */
async function watchChromiums() {
  const launching = { dir, proxy: { server: `${PROXY.address}:${PROXY.port}` }, auth: 'none', env: {} };
  const all = [];
  try {
    while (all.length < browsers) all.push(await chromium.launch({ ...launching, logsPages: true }));
    const begunAtMs = Date.now();
    const until = begunAtMs + sec * 1e3;
    await Promise.all(all.map((one, index) => browse(one, index, until)));
    const log = all.map((one) => one.log);
    return { begunAtMs, log, ...summarizePages(log.flat()) };
  } finally {
    for (const one of all) await one.stop();
  }
}

async function browse(one, index, until) {
  const pauseUs = createPauses(thinkSec * 1e6, index);
  await sleep((thinkSec * 1e3 * index) / browsers);
  while (Date.now() < until) {
    await one.open(addressOf(PAGE), PAGE_WITHIN_MS);
    await sleep(Math.min(pauseUs() / 1e3, Math.max(0, until - Date.now())));
  }
}

function summarizePages(pages) {
  const isWhole = ({ came, lacking }) => came === 'loaded' && lacking === 0;
  const whole = pages
    .filter(isWhole)
    .map(({ ms }) => ms)
    .sort((a, b) => a - b);
  const at = (share) =>
    Math.round(whole[Math.min(whole.length - 1, Math.floor(share * whole.length))] ?? Number.NaN);
  const again = pages.length - new Set(pages.map(({ url }) => url)).size;
  return {
    ...{ pages: pages.length, whole: whole.length, again },
    ...(whole.length > 0 && { medianMs: at(0.5), p90Ms: at(0.9), maxMs: at(1) }),
    lackingMs: pages.filter((page) => !isWhole(page)).map(({ ms }) => ms),
    lackingObjects: pages.reduce((sum, { lacking }) => sum + lacking, 0),
    ends: [...new Set(pages.map(({ came }) => came))].sort(),
  };
}

async function watchArm() {
  const { arm, finding, begunAtMs } = await playClass({
    ...{ dir, browsers, sec, thinkSec, natPorts },
    url: addressOf(PAGE),
    proxy: `${PROXY.address}:${PROXY.port}`,
  });
  const { pages, pagesFailed } = arm.browsing;
  const { p50, p90, max } = arm.phases?.pageUs ?? {};
  const ms = (us) => Math.round(us / 1e3);
  return {
    ...{ begunAtMs, pages, whole: pages - pagesFailed },
    ...(p50 !== undefined && { medianMs: ms(p50), p90Ms: ms(p90), maxMs: ms(max) }),
    ends: Object.keys(arm.outcomes).sort(),
    finding,
  };
}
