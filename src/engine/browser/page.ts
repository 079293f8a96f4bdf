import type { BrowserLoad } from '../../scenario/load-types.ts';
import type { Arm } from '../../scenario/types.ts';
import { NONCE_WIDTH } from '../http/message.ts';
import { authority, requestFields } from '../http/request.ts';

/** A request in the form that undici takes. */
export interface PageRequest {
  /** Request target (RFC 9112 section 3.2). */
  readonly path: string;
  /** Alternating names and values. */
  readonly headers: string[];
}

/** Compiles a page's requests. */
export interface PageCompiler {
  /** Requests per page, including the document. */
  readonly objects: number;
  /**
   * @param object 0 is the document
   * @param nonce a number unique to the object
   * @param credentials value of the credentials field; none are sent if absent
   */
  request(object: number, nonce: number, credentials?: string): PageRequest;
}

const CREDENTIALS_FIELDS = { proxy: 'Proxy-Authorization', origin: 'Authorization' } as const;

/** Compiles the requests of an arm's pages: absolute-form to a proxy, origin-form to the target itself. */
export function compilePage(arm: Arm, { page }: BrowserLoad): PageCompiler {
  const prefix = arm.via === 'proxy' ? `${arm.target.scheme}://${authority(arm)}` : '';
  const documentPath = arm.target.path === '' ? '/' : arm.target.path;
  const fields = requestFields(arm, true);
  const credentialsField = CREDENTIALS_FIELDS[arm.auth?.to ?? 'proxy'];
  return {
    objects: page.objects,
    request(object, nonce, credentials) {
      const path =
        object === 0 ? documentPath : (page.paths[(object - 1) % page.paths.length] ?? documentPath);
      const fill = (text: string): string =>
        text
          .replaceAll('{nonce}', String(nonce).padStart(NONCE_WIDTH, '0'))
          .replaceAll('{object}', String(object));
      const headers = fields.flatMap(([name, value]) => [name, fill(value)]);
      if (credentials !== undefined) headers.push(credentialsField, credentials);
      return { path: prefix + fill(path), headers };
    },
  };
}
