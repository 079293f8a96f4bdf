/** Makes handshakes by the packet engine in this very thread, and prints each one's port and time. For stamps.mjs. */
import { readFileSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { resolveClient } from '../dist/client/resolve.js';
import { createPacketEngine } from '../dist/engine/packet/engine.js';
import { createMonotonicClock } from '../dist/net/index.js';

/** Handshakes before those that count: code is being compiled. */
const WARM_UP = 4_000;
/** A run that gets nowhere must end. */
const LIMIT_US = 100_000_000;

const [address, source, mac, nextHopMac, count, pace, figure] = process.argv.slice(2);
const interfaceIndex = Number(readFileSync('/sys/class/net/near/ifindex', 'utf8'));
const link = { interfaceName: 'near', interfaceIndex, mac, nextHopMac, source, mtu: 1_500 };
const client = resolveClient('linux-6');
const arm = {
  endpoints: [{ address, port: 80, family: 4 }],
  sources: [],
  close: 'reset',
  handshakeTimeoutUs: 5_000_000,
  responseTimeoutUs: 5_000_000,
  holdUs: 0,
  socket: {},
  packets: {
    // In turn, so that no port comes twice.
    client: { ...client, ports: { ...client.ports, order: 'sequential' } },
    links: [link],
    ports: [{ from: 30_000, to: 65_535 }],
  },
};
const clock = createMonotonicClock();
const handshakes = [];
let ended = 0;
const observer = {
  established({ sourcePort, startedAtUs, establishedAtUs, attempt }) {
    if (attempt >= WARM_UP) handshakes.push([sourcePort, establishedAtUs - startedAtUs]);
  },
  settled() {
    ended += 1;
  },
};
const engine = createPacketEngine({ arms: [arm], observer, clock, maxOpen: 10_000 });
const total = Number(count) + WARM_UP;
const [atOnce, everyUs] = pace === 'rate' ? [1, 1_000_000 / Number(figure)] : [Number(figure), 0];
const beganUs = clock.now();
let begun = 0;
/** The next start by rate; with so many at once, the next ones once all have ended. */
const isDue = (nowUs) => (everyUs > 0 ? nowUs >= beganUs + begun * everyUs : ended === begun);
for (let turn = 0; ended < total; turn += 1) {
  let nowUs = clock.now();
  if (nowUs - beganUs > LIMIT_US) break;
  if (begun < total && isDue(nowUs))
    for (let start = 0; start < atOnce && begun < total; start += 1, begun += 1)
      engine.start(0, begun, { intendedAtUs: nowUs }, -1, 0);
  nowUs = clock.now();
  engine.poll(everyUs > 0 ? Math.max(0, Math.min(1_000, beganUs + begun * everyUs - nowUs)) : 1_000);
  if (turn % 64 === 0) await nextTurn();
}
engine.abort();
engine.close();
process.stdout.write(JSON.stringify(handshakes));
