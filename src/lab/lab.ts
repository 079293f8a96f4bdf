import { type Launched, launch } from './launch.ts';
import { makeNamespaces, Namespace } from './namespace.ts';
import type { StateFile } from './state.ts';

/** A lab under construction, as its preset sees it. */
export class Lab {
  readonly file: StateFile;
  readonly client: Namespace;
  readonly firewall: Namespace;
  readonly far: Namespace;

  constructor(file: StateFile) {
    this.file = file;
    this.client = new Namespace(namespaceName(file.state.id, 'client'));
    this.firewall = new Namespace(namespaceName(file.state.id, 'fw'));
    this.far = new Namespace(namespaceName(file.state.id, 'far'));
  }

  /** Makes one more namespace. */
  async addNamespace(room: 'wan'): Promise<Namespace> {
    const namespace = new Namespace(namespaceName(this.file.state.id, room));
    this.file.change({ namespaces: [...this.file.state.namespaces, namespace.name] });
    await makeNamespaces([namespace]);
    await namespace.configure(['link set lo up']);
    return namespace;
  }

  /** Starts a process in a namespace that runs until the lab is removed. */
  launch(role: string, inside: Namespace, argv: readonly string[]): Launched {
    return launch(this.file, role, inside.enter(argv));
  }
}

export const ROOMS = ['client', 'fw', 'far'] as const;
export type Room = (typeof ROOMS)[number];

export function namespaceName(id: string, room: Room | 'wan'): string {
  return `rh-${id}-${room}`;
}
