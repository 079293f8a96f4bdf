/** What a capture of SYN, FIN and RST tells of the connections of browsers. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

/** TCP flags of RFC 9293, 3.1: of FIN, SYN and RST, one at least. */
const ENDS_AND_BEGINNINGS = 'tcp[tcpflags] & (tcp-syn|tcp-fin|tcp-rst) != 0';
/** What is kept of a packet: with more, only a few dozen packets of a burst would find room. */
const SNAP_BYTES = 96;
const BUFFER_KIB = 8_192;
/** tcpdump writes as soon as it has seen (--immediate-mode); its line still has to come here. */
const STRAGGLERS_MS = 150;

/** @param {string} line as tcpdump -n -tt prints it @returns {object | undefined} */
export function readPacket(line) {
  const match =
    /^(\d+\.\d+) IP (\d+\.\d+\.\d+\.\d+)\.(\d+) > (\d+\.\d+\.\d+\.\d+)\.(\d+): Flags \[([^\]]*)\](?:, seq (\d+))?/.exec(
      line,
    );
  if (match === null) return undefined;
  const [, sec, source, sourcePort, target, targetPort, flags, seq] = match;
  return {
    atMs: Number(sec) * 1e3,
    ...{ source, target, flags },
    sourcePort: Number(sourcePort),
    targetPort: Number(targetPort),
    ...(seq !== undefined && { seq: Number(seq) }),
  };
}

/** Watches an interface until it is stopped. */
export async function watchWire(link, address) {
  const packets = [];
  const filter = `host ${address} and ${ENDS_AND_BEGINNINGS}`;
  const room = ['-s', String(SNAP_BYTES), '-B', String(BUFFER_KIB)];
  const child = spawn('tcpdump', ['-i', link, '-n', '-tt', '-l', '--immediate-mode', ...room, filter], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const gone = once(child, 'close');
  createInterface({ input: child.stdout }).on('line', (line) => {
    const packet = readPacket(line);
    if (packet !== undefined) packets.push(packet);
  });
  let said = '';
  await new Promise((resolve, reject) => {
    child.stderr.on('data', (text) => {
      said += text;
      if (said.includes('listening on')) resolve();
    });
    child.once('exit', () => reject(new Error(`tcpdump ended: ${said}`)));
  });
  return {
    /** Forgets what it saw. */
    clear: () => packets.splice(0),
    /** Connections that were begun to one of these ports. */
    async connections(ports) {
      await sleep(STRAGGLERS_MS);
      return connectionsOf(packets, ports);
    },
    /** @returns how many packets it lost */
    async stop() {
      child.kill('SIGTERM');
      await gone;
      return Number(/(\d+) packets dropped by kernel/.exec(said)?.[1] ?? 0);
    },
  };
}

/**
 * Puts packets together to connections. A port that is taken again after its connection ended is another connection.
 * @param {readonly object[]} packets in the order of their times
 * @param {readonly number[]} ports of servers
 */
export function connectionsOf(packets, ports) {
  const last = new Map();
  const all = [];
  for (const packet of packets) {
    const isFromClient = ports.includes(packet.targetPort);
    if (!isFromClient && !ports.includes(packet.sourcePort)) continue;
    const clientPort = isFromClient ? packet.sourcePort : packet.targetPort;
    const serverPort = isFromClient ? packet.targetPort : packet.sourcePort;
    const key = `${clientPort} ${serverPort}`;
    let connection = last.get(key);
    const isSyn = isFromClient && packet.flags === 'S';
    if (isSyn && isAnother(connection, packet)) {
      connection = { clientPort, serverPort, seq: packet.seq, syns: [] };
      last.set(key, connection);
      all.push(connection);
    }
    if (connection === undefined) continue;
    if (isSyn) connection.syns.push(packet.atMs);
    else if (packet.flags.startsWith('S')) connection.openAtMs ??= packet.atMs;
    else note(connection, packet, isFromClient);
  }
  return all;
}

/** Whether a SYN begins another connection than the one before from its port, which may have been given up without a packet. */
function isAnother(connection, { seq }) {
  return connection === undefined || connection.endedAtMs !== undefined || connection.seq !== seq;
}

/** A FIN or RST. tcpdump counts from the SYN: the first byte is 1. */
function note(connection, { atMs, flags, seq }, isFromClient) {
  const isReset = flags.includes('R');
  if (connection.endedAtMs === undefined) {
    connection.endedAtMs = atMs;
    connection.endedBy = `${isFromClient ? 'client' : 'server'} ${isReset ? 'RST' : 'FIN'}`;
  }
  connection[isFromClient ? 'closedAtMs' : 'farClosedAtMs'] ??= atMs;
  if (isFromClient && seq !== undefined && connection.sentBytes === undefined) connection.sentBytes = seq - 1;
}

/** How long the first SYN is waited for (RFC 6298, 2.1). */
const FIRST_SYN_MS = 1_000;

/**
 * How many were begun and not yet ended at once, at most; times in milliseconds. One that is given up before it opens sends nothing: it
 * lasts until its next SYN would have been due.
 */
export function peakOf(connections) {
  const changes = connections.flatMap(({ syns, openAtMs, endedAtMs }) => {
    const waitedMs = syns.length === 1 ? FIRST_SYN_MS : syns.at(-1) - syns.at(-2);
    const endMs = endedAtMs ?? (openAtMs === undefined ? syns.at(-1) + waitedMs : undefined);
    return [[syns[0], 1], ...(endMs === undefined ? [] : [[endMs, -1]])];
  });
  let now = 0;
  let peak = 0;
  for (const [, change] of changes.sort(([a, first], [b, second]) => a - b || first - second)) {
    now += change;
    peak = Math.max(peak, now);
  }
  return peak;
}
