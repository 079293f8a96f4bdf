import type { PageCompiler } from '../../src/engine/browser/page.ts';

export class SuccessivePages {
  turnTo(page: PageCompiler): void;
  readonly objects: number;
  connect(site: number, nonce: number, credentials?: string): Uint8Array;
  hostOf(object: number): number;
}
