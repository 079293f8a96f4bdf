import type { BrowserLoad } from '../../scenario/load-types.ts';
import type { Arm } from '../../scenario/types.ts';
import { compileMessage } from '../http/message.ts';
import { authority, requestFields } from '../http/request.ts';
import { stampRequest } from '../http/stamp-request.ts';
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
   */
  request(object: number, nonce: number, credentials?: string): Uint8Array;
}

const CREDENTIALS_FIELDS = { proxy: 'Proxy-Authorization', origin: 'Authorization' } as const;

/**
 * Compiles the requests of an arm's pages: absolute-form to a proxy, origin-form to the target itself. Each object's is
 * compiled when it is first sent.
 */
export function compilePage(arm: Arm, { page }: BrowserLoad): PageCompiler {
  const { sites, places } = sitesOf(arm, page.hosts);
  const hosts = [...new Set(places)];
  const siteOf = (object: number): number =>
    object === 0 || sites.length === 1 ? 0 : 1 + ((object - 1) % (sites.length - 1));
  const plain = new Map<number, CompiledRequest>();
  const authorised = new Map<number, CompiledRequest>();
  const field = CREDENTIALS_FIELDS[arm.auth?.to ?? 'proxy'];
  return {
    objects: page.objects,
    hostOf: (object) => hosts.indexOf(places[siteOf(object)]!),
    request(object, nonce, credentials) {
      const compiled = credentials === undefined ? plain : authorised;
      let request = compiled.get(object);
      if (request === undefined) {
        const path = page.paths[(object - 1) % page.paths.length];
        request = compileObject(sites[siteOf(object)]!, object, path, credentials && field);
        compiled.set(object, request);
      }
      return stampRequest(request, nonce, credentials);
    },
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

/** @param path of an object after the document; undefined: the target's */
function compileObject(
  site: Arm,
  object: number,
  path: string | undefined,
  credentialsField: string | undefined,
): CompiledRequest {
  const documentPath = site.target.path === '' ? '/' : site.target.path;
  const number = (text: string): string => text.replaceAll('{object}', String(object));
  const prefix = site.via === 'proxy' ? `${site.target.scheme}://${authority(site)}` : '';
  return compileMessage(site, {
    method: 'GET',
    target: prefix + number(object === 0 ? documentPath : (path ?? documentPath)),
    version: '1.1',
    fields: requestFields(site, true, credentialsField).map(([name, value]) => [name, number(value)]),
    body: '',
    ...(credentialsField !== undefined && { credentialsField }),
  });
}
