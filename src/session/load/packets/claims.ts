import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import * as z from 'zod';
import { EnvironmentError } from '../../../errors.ts';
import type { PortRange } from '../../../scenario/units.ts';
import type { PlannedArm } from '../../../worker/protocol.ts';
import type { Undo } from '../../undo.ts';

/** Abstract names of sockets are local to a network namespace and end with their process (unix(7), network_namespaces(7)). */
const PREFIX = 'rushhour-packets-';
/** A run that does not say by then what it has claimed is as good as gone. */
const ANSWER_MS = 2_000;

let claimed = 0;

/** What one arm speaks TCP for. */
const CLAIM = z.object({
  addresses: z.array(z.string()),
  ports: z.array(z.object({ from: z.number(), to: z.number() })),
  endpoints: z.array(z.string()),
});
type Claim = z.infer<typeof CLAIM>;

/**
 * Claims addresses and ports for this run until it is undone or its process ends, however that happens. Two runs of the packet
 * engine would reset each other's connections, because each sees the packets of both.
 * @throws EnvironmentError if another run in this network namespace has some of them
 */
export async function claimTuples(arms: readonly PlannedArm[], undo: Undo): Promise<void> {
  const claims = arms.flatMap(claimOf);
  claimed += 1;
  const own = `${PREFIX}${process.pid}-${claimed}`;
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.end(JSON.stringify(claims));
  });
  server.listen({ path: `\0${own}` });
  await once(server, 'listening');
  server.unref();
  undo.push(() => new Promise((resolve) => server.close(() => resolve())));
  // Of two that begin at the same moment, each finds the other.
  const others = (await listClaimants()).filter((name) => name !== own);
  const found = (await Promise.all(others.map(ask))).flat();
  const shared = claims.flatMap((claim) => found.flatMap((other) => overlapOf(claim, other) ?? []))[0];
  if (shared === undefined) return;
  throw new EnvironmentError(`another run of the packet engine on this machine is using ${shared}`, {
    hint: 'wait for it to end, or give this one other addresses (--emulate) or other ports (source.ports)',
  });
}

function claimOf({ packets, sources, endpoints }: PlannedArm): Claim[] {
  if (packets === undefined) return [];
  const addresses = sources.length > 0 ? sources : packets.links.map(({ source }) => source);
  return [
    {
      addresses: [...new Set(addresses)],
      ports: packets.ports.map(({ from, to }) => ({ from, to })),
      endpoints: endpoints.map(({ address, port }) => `${address} ${port}`),
    },
  ];
}

/** /proc/net/unix shows zero bytes as @: the first, and those with which Node fills the name up. */
async function listClaimants(): Promise<string[]> {
  const sockets = await readFile('/proc/net/unix', 'utf8');
  const names = [...sockets.matchAll(/ @([^\s@]+)@*$/gm)].map(([, name]) => name!);
  return names.filter((name) => name.startsWith(PREFIX));
}

/** What another run has claimed; nothing if it has ended meanwhile, or answers with something else. */
async function ask(name: string): Promise<Claim[]> {
  const socket = connect({ path: `\0${name}` });
  socket.setTimeout(ANSWER_MS, () => socket.destroy(new Error('no answer')));
  try {
    return z.array(CLAIM).parse(JSON.parse(await text(socket)));
  } catch {
    return [];
  }
}

/** Says what two arms have in common; undefined: nothing that matters. */
function overlapOf(one: Claim, other: Claim): string | undefined {
  const endpoint = one.endpoints.find((each) => other.endpoints.includes(each));
  const theirs = new Set(other.addresses);
  const address = one.addresses.find((each) => theirs.has(each));
  const range = one.ports.flatMap((ports) => other.ports.flatMap((more) => commonOf(ports, more) ?? []))[0];
  if (endpoint === undefined || address === undefined || range === undefined) return undefined;
  return `${address}, ports ${range.from}-${range.to}, to the same endpoint`;
}

function commonOf(one: PortRange, other: PortRange): PortRange | undefined {
  const [from, to] = [Math.max(one.from, other.from), Math.min(one.to, other.to)];
  return from <= to ? { from, to } : undefined;
}
