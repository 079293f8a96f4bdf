import { type ServerName, serverNameOf } from '../../scenario/host-names.ts';
import type { BrowserLoad } from '../../scenario/load-types.ts';
import type { Arm } from '../../scenario/types.ts';
import { compileMessage, NONCE_WIDTH } from '../http/message.ts';
import { authority, compileAuthRequest, compileTunnel, requestFields } from '../http/request.ts';
import { stampInPlace, stampRequest } from '../http/stamp-request.ts';
import type { CompiledRequest } from '../types.ts';

/** Compiles a page's requests. */
export interface PageCompiler {
  /** Requests per page, including the document. */
  readonly objects: number;
  /**
   * Number of the host that an object is on: the document's is 0.
   * @param object 0 is the document
   */
  hostOf(object: number): number;
  /**
   * @param object 0 is the document
   * @param nonce a number unique to the object
   * @param credentials value of the credentials field; none are sent if absent
   * @returns the bytes, valid until the same object's are asked for again
   */
  request(object: number, nonce: number, credentials?: string): Uint8Array;
  /** The same request as HTTP/2 writes it (RFC 9113 section 8.3.1), without credentials. */
  fields(object: number, nonce: number): Record<string, string>;
  /**
   * Asks the proxy for a tunnel to a host; absent: none is needed.
   * @param nonce of the connection
   */
  readonly connect?: (site: number, nonce: number, credentials?: string) => Uint8Array;
  /** What the certificate of a host has to be valid for. */
  serverName(site: number): ServerName;
}

const CREDENTIALS_FIELDS = { proxy: 'Proxy-Authorization', origin: 'Authorization' } as const;

/**
 * Compiles the requests of an arm's pages: absolute-form to a proxy, origin-form to the target itself. Each object's is
 * compiled when it is first sent.
 */
export function compilePage(arm: Arm, { page }: BrowserLoad): PageCompiler {
  const { sites, places } = sitesOf(arm, page.hosts);
  const hosts = [...new Set(places)];
  const numbers = places.map((place) => hosts.indexOf(place));
  const siteOf = (object: number): number =>
    object === 0 || sites.length === 1 ? 0 : 1 + ((object - 1) % (sites.length - 1));
  const plain = new Map<number, CompiledRequest>();
  const authorised = new Map<number, CompiledRequest>();
  const field = CREDENTIALS_FIELDS[arm.auth?.to ?? 'proxy'];
  const siteAt = (number: number): Arm => sites[places.indexOf(hosts[number]!)]!;
  return {
    objects: page.objects,
    serverName: (number) => serverNameOf(arm.tls?.serverName ?? siteAt(number).target.host),
    ...(arm.via === 'tunnel' && { connect: compileConnects(siteAt) }),
    hostOf: (object) => numbers[siteOf(object)]!,
    fields(object, nonce) {
      const site = sites[siteOf(object)]!;
      const path = pathOf(site, object, page.paths);
      const fill = (text: string): string =>
        text
          .replaceAll('{nonce}', String(nonce).padStart(NONCE_WIDTH, '0'))
          .replaceAll('{object}', String(object));
      const own = requestFields(site, true)
        .filter(([name]) => name.toLowerCase() !== 'host')
        .map(([name, value]) => [name.toLowerCase(), fill(value)] as const);
      const pseudo = {
        ':method': 'GET',
        ':scheme': 'https',
        ':authority': authority(site),
        ':path': fill(path),
      };
      return { ...pseudo, ...Object.fromEntries(own) };
    },
    request(object, nonce, credentials) {
      const compiled = credentials === undefined ? plain : authorised;
      let request = compiled.get(object);
      if (request === undefined) {
        const site = sites[siteOf(object)]!;
        request = compileObject(site, object, pathOf(site, object, page.paths), credentials && field);
        compiled.set(object, request);
      }
      return credentials === undefined
        ? stampInPlace(request, nonce)
        : stampRequest(request, nonce, credentials);
    },
  };
}

function compileConnects(siteAt: (number: number) => Arm): NonNullable<PageCompiler['connect']> {
  const plain = new Map<number, CompiledRequest>();
  const authorised = new Map<number, CompiledRequest>();
  return (number, nonce, credentials) => {
    const compiled = credentials === undefined ? plain : authorised;
    let request = compiled.get(number);
    if (request === undefined) {
      const site = siteAt(number);
      request = (credentials === undefined ? compileTunnel(site) : compileAuthRequest(site))!;
      compiled.set(number, request);
    }
    return stampRequest(request, nonce, credentials);
  };
}

/**
 * The arm as it is towards each host of its pages, and what tells that host from the others: first the document's, then
 * those of the objects, if they differ.
 */
function sitesOf(arm: Arm, hosts: BrowserLoad['page']['hosts']): { sites: Arm[]; places: string[] } {
  const sites = [arm];
  const places = [authority(arm)];
  for (const one of hosts) {
    if ('standIn' in one) {
      sites.push(arm);
      places.push(one.standIn === 0 ? authority(arm) : `${authority(arm)} ${one.standIn}`);
    } else {
      const site = { ...arm, target: { ...arm.target, host: one.host, port: one.port ?? arm.target.port } };
      sites.push(site);
      places.push(authority(site));
    }
  }
  return { sites, places };
}

/** The document's is the target's, and so are those of the other objects where no paths are given. */
function pathOf({ target }: Arm, object: number, paths: readonly string[]): string {
  const documentPath = target.path === '' ? '/' : target.path;
  return object === 0 ? documentPath : (paths[(object - 1) % paths.length] ?? documentPath);
}

function compileObject(
  site: Arm,
  object: number,
  path: string,
  credentialsField: string | undefined,
): CompiledRequest {
  const number = (text: string): string => text.replaceAll('{object}', String(object));
  const prefix = site.via === 'proxy' ? `${site.target.scheme}://${authority(site)}` : '';
  return compileMessage(site, {
    method: 'GET',
    target: prefix + number(path),
    version: '1.1',
    fields: requestFields(site, true, credentialsField).map(([name, value]) => [name, number(value)]),
    body: '',
    ...(credentialsField !== undefined && { credentialsField }),
  });
}
