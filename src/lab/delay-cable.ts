import { EnvironmentError } from '../errors.ts';
import { ADDRESSES } from './addresses.ts';
import { DELAY_LINE_READY, type DelayLineOptions } from './delay-line/protocol.ts';
import type { Lab } from './lab.ts';
import { programLine } from './launch.ts';
import type { Namespace } from './namespace.ts';
import { ONE_SEGMENT, OUTSIDE } from './topology.ts';

/**
 * Adds delay to the cable between firewall and far side: with the kernel's netem (tc-netem(8)) if available, otherwise
 * with a tunnel whose datagrams a process forwards late. Either delays every packet, including SYNs.
 * @throws EnvironmentError if the kernel has neither
 */
export async function delayCable(lab: Lab, roundTripMs: number, how: 'auto' | 'tunnel'): Promise<void> {
  if (how === 'auto' && (await useNetem(lab, roundTripMs / 2))) return;
  await useTunnel(lab, roundTripMs / 2);
}

/** Queue limit in packets; netem's default of 1,000 would drop some at a few thousand per second. */
const NETEM_LIMIT = 200_000;

async function useNetem(lab: Lab, oneWayMs: number): Promise<boolean> {
  const netem = ['root', 'netem', 'delay', `${oneWayMs}ms`, 'limit', String(NETEM_LIMIT)];
  try {
    await lab.firewall.run('tc', 'qdisc', 'add', 'dev', OUTSIDE, ...netem);
    await lab.far.run('tc', 'qdisc', 'add', 'dev', 'eth0', ...netem);
    return true;
  } catch (error) {
    if (error instanceof EnvironmentError) return false;
    throw error;
  }
}

/** Networks of the cables below the tunnel; .1 is the firewall or far side, .2 the delay line. */
const NEAR = '10.30.0';
const FAR = '10.30.1';
/** The port that IANA gave VXLAN (RFC 7348). */
const VXLAN_PORT = 4_789;
/** 1,500 bytes plus the 50 bytes of VXLAN encapsulation. */
const OUTER_MTU = 1_600;

async function useTunnel(lab: Lab, oneWayMs: number): Promise<void> {
  const wan = await lab.addNamespace('wan');
  await lab.firewall.configure([`link del ${OUTSIDE}`]);
  await tunnel(lab.firewall, wan, NEAR, OUTSIDE, ADDRESSES.external);
  await tunnel(lab.far, wan, FAR, 'eth0', ADDRESSES.far);
  const options: DelayLineOptions = {
    oneWayMs,
    port: VXLAN_PORT,
    sides: [
      { local: `${NEAR}.2`, peer: `${NEAR}.1` },
      { local: `${FAR}.2`, peer: `${FAR}.1` },
    ],
  };
  const line = lab.launch('delay-line', wan, programLine('delay-line', JSON.stringify(options)));
  await line.said((text) => text === DELAY_LINE_READY);
}

async function tunnel(
  end: Namespace,
  wan: Namespace,
  net: string,
  name: string,
  address: string,
): Promise<void> {
  const inWan = net === NEAR ? 'near' : 'far';
  await end.configure([
    `link add below mtu ${OUTER_MTU} type veth peer name ${inWan} mtu ${OUTER_MTU} netns ${wan.name}`,
    `addr add ${net}.1/24 dev below`,
    'link set below up',
  ]);
  await wan.configure([`addr add ${net}.2/24 dev ${inWan}`, `link set ${inWan} up`]);
  await end.configure([
    `link add ${name} mtu 1500 ${ONE_SEGMENT} type vxlan id 1 dev below local ${net}.1 remote ${net}.2 dstport ${VXLAN_PORT} nolearning`,
    `addr add ${address}/24 dev ${name}`,
    `link set ${name} up`,
  ]);
}
