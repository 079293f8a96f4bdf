import { BlockList, isIP } from 'node:net';
import { UsageError } from '../../errors.ts';
import type { HostPort } from '../../scenario/types.ts';

/** Which hosts a probe may connect to: a name, every name below one, an address, or a network. */
export interface HostRule {
  /** As written, for refusals. */
  readonly text: string;
  /** Absent: every port. */
  readonly port?: number;
  readonly host:
    | { readonly kind: 'name'; readonly name: string }
    /** Every name that ends with `.suffix`. */
    | { readonly kind: 'below'; readonly suffix: string }
    | { readonly kind: 'network'; readonly network: string; readonly prefix: number };
}

const HINT =
  'write a name, *.example.org for every name below one, an address or a network, each with :port if only that one is meant';

/** RFC 1123 section 2.1; underscores as some sites have them. */
const NAME = /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*$/;

/**
 * Reads `www.example.org`, `*.example.org:443`, `192.0.2.0/24:3128` or `[2001:db8::/32]:443`.
 * @throws UsageError
 */
export function parseHostRule(text: string): HostRule {
  const [, bracketed, plain, port] =
    /^(?:\[([^\]]+)\]|([^:]+|[^[\]]*:[^[\]]*:[^[\]]*))(?::(\d{1,5}))?$/.exec(text.trim().toLowerCase()) ?? [];
  const host = readHost(bracketed ?? plain ?? '');
  const number = port === undefined ? undefined : Number(port);
  if (host === undefined || number === 0 || (number ?? 1) > 65_535) {
    throw new UsageError(`"${text}" is not a host, a name with * or a network`, { hint: HINT });
  }
  return { text, host, ...(number === undefined ? {} : { port: number }) };
}

function readHost(text: string): HostRule['host'] | undefined {
  const [address = '', bits, more] = text.split('/');
  const family = isIP(address);
  if (family !== 0 && more === undefined) {
    const most = family === 4 ? 32 : 128;
    if (bits !== undefined && (!/^\d{1,3}$/.test(bits) || Number(bits) > most)) return undefined;
    return { kind: 'network', network: address, prefix: bits === undefined ? most : Number(bits) };
  }
  if (bits !== undefined) return undefined;
  const isBelow = text.startsWith('*.');
  const name = withoutDot(isBelow ? text.slice(2) : text);
  // A last label of digits alone would be read as an address (WHATWG URL, "ends in a number").
  if (!NAME.test(name) || /(^|\.)\d+$/.test(name)) return undefined;
  return isBelow ? { kind: 'below', suffix: name } : { kind: 'name', name };
}

/** Whether one of the rules allows an endpoint. A name is judged as written: what it resolves to is the resolver's. */
export function isAllowed(rules: readonly HostRule[], { host, port }: HostPort): boolean {
  return rules.some((rule) => (rule.port ?? port) === port && isHostAllowed(rule.host, host));
}

function isHostAllowed(rule: HostRule['host'], host: string): boolean {
  const name = withoutDot(host.toLowerCase());
  const family = isIP(name);
  switch (rule.kind) {
    case 'name':
      return name === rule.name;
    case 'below':
      return family === 0 && name.endsWith(`.${rule.suffix}`);
    case 'network': {
      if (family === 0 || family !== isIP(rule.network)) return false;
      const type = family === 4 ? 'ipv4' : 'ipv6';
      const list = new BlockList();
      list.addSubnet(rule.network, rule.prefix, type);
      return list.check(name, type);
    }
  }
}

function withoutDot(name: string): string {
  return name.replace(/\.$/, '');
}
