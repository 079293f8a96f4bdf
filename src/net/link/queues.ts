import { NLM_F_DUMP, NLM_F_REQUEST, readAttributes, readNumber, readString } from './netlink-message.ts';
import { NETLINK_ROUTE, NetlinkSocket } from './netlink-socket.ts';

/** The queueing discipline of an interface, on its way out or in (tc(8)). */
export interface LinkQueue {
  readonly interfaceIndex: number;
  /** Such as `fq_codel`, `mq`, `tbf`, `clsact`. */
  readonly kind: string;
  readonly way: 'out' | 'in';
  /** Packets that it dropped since it was set up, with what queues below it did: 32 bits, which go round. */
  readonly drops: number;
}

/** include/uapi/linux/rtnetlink.h, gen_stats.h, pkt_sched.h */
const RTM_GETQDISC = 38;
const TCA_KIND = 1;
const TCA_STATS2 = 7;
const TCA_STATS_QUEUE = 3;
const TC_H_ROOT = 0xffff_ffff;
const TC_H_INGRESS = 0xffff_fff1;

/** struct tcmsg: family, interface at 4, handle at 8, parent at 12, info. */
const TCMSG_BYTES = 20;
/** Of struct gnet_stats_queue: length and bytes of the queue, then this. */
const DROPS_AT = 8;

/**
 * The outermost queue of every interface of this thread's network namespace, out and in. Inner ones, as of each hardware queue below
 * `mq`, are left out: what they drop is in it as well.
 * @throws EnvironmentError without koffi; NetlinkError if the kernel refuses
 */
export function listQueues(): LinkQueue[] {
  const socket = new NetlinkSocket(NETLINK_ROUTE);
  try {
    return socket
      .ask(RTM_GETQDISC, NLM_F_REQUEST | NLM_F_DUMP, new Uint8Array(TCMSG_BYTES))
      .flatMap(readQueue);
  } finally {
    socket.close();
  }
}

/** @param body of one message of the kernel's */
export function readQueue(body: Uint8Array): LinkQueue[] {
  if (body.length < TCMSG_BYTES) return [];
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const parent = view.getUint32(12, true);
  if (parent !== TC_H_ROOT && parent !== TC_H_INGRESS) return [];
  const attributes = readAttributes(body, TCMSG_BYTES);
  const statistics = readAttributes(attributes.get(TCA_STATS2) ?? new Uint8Array());
  return [
    {
      interfaceIndex: view.getInt32(4, true),
      kind: readString(attributes.get(TCA_KIND)),
      way: parent === TC_H_ROOT ? 'out' : 'in',
      drops: readNumber(statistics.get(TCA_STATS_QUEUE)?.subarray(DROPS_AT)),
    },
  ];
}
