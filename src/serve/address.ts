import { BlockList, isIP, isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { UsageError } from '../errors.ts';

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/** Whether no other machine can reach it. */
export function isLoopback(address: string): boolean {
  return LOOPBACK.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}

/**
 * Parses the address to listen on. Names are refused: tomorrow a name could lead to another address, one that others
 * can reach.
 * @throws UsageError if it is neither an address nor localhost
 */
export function parseListenAddress(text: string): string {
  const bare = text.replace(/^\[(.*)\]$/, '$1');
  if (bare === 'localhost') return '127.0.0.1';
  if (isIP(bare) !== 0) return bare;
  throw new UsageError(`--host ${text} is not an IP address`, {
    hint: 'write 127.0.0.1, an address of this machine, or 0.0.0.0 for all of them',
  });
}

/** Where a browser finds what listens there; of all addresses, those that this machine has. */
export function urlsOf(address: string, port: number): string[] {
  if (address !== '0.0.0.0' && address !== '::') return [`http://${bracket(address)}:${port}/`];
  const own = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  const reached = own.filter(
    ({ internal, family, scopeid }) => !internal && !scopeid && (address === '::' || family === 'IPv4'),
  );
  const addresses = reached.length === 0 ? ['127.0.0.1'] : reached.map((one) => one.address);
  return addresses.map((one) => `http://${bracket(one)}:${port}/`);
}

function bracket(address: string): string {
  return isIPv6(address) ? `[${address}]` : address;
}

/**
 * Whether a Host header names this server: a name by which an attacker leads to this machine (DNS rebinding) does not.
 * When listening on other addresses, any address is accepted, because DNS cannot redirect an address.
 */
export function isOwnHost(host: string, address: string, port: number): boolean {
  const [, name = '', given] = /^(\[[0-9a-f:.]+\]|[^:[\]]+)(?::(\d+))?$/i.exec(host) ?? [];
  if (Number(given ?? 80) !== port) return false;
  const bare = name.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  if (bare === 'localhost' || bare === address.toLowerCase()) return true;
  if (isIP(bare) === 0) return false;
  return isLoopback(address) ? bare === '127.0.0.1' || bare === '::1' : true;
}
