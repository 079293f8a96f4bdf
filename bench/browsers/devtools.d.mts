import type { ChildProcess } from 'node:child_process';

export interface Params {
  readonly requestId?: string;
  readonly name?: string;
  readonly loaderId?: string;
  readonly request?: { readonly url: string };
}

type Hear = (params: Params) => void;

export class DevTools {
  constructor(child: ChildProcess);
  call<Result>(method: string, params?: object, sessionId?: string): Promise<Result>;
  on(method: string, hear: Hear, sessionId: string): () => void;
}
