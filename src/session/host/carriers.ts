import { readdirSync, readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';

/** Carrier as the kernel reports it immediately; IFF_RUNNING follows up to a second later. */
export interface Carrier {
  readonly isUp: boolean;
  /** How often it has gone down since it was created, including losses of less than a second. */
  readonly downs: number;
}

export interface CarrierPaths {
  readonly sys: string;
  /** Reads names and counters of the interfaces in the network namespace of this process. */
  readonly dev: string;
}

const PATHS: CarrierPaths = { sys: '/sys/class/net', dev: '/proc/self/net/dev' };

/** Readings between two checks of which interfaces /sys shows. */
const TRUST_FOR = 60;

/** Counters may change between two reads while packets flow. */
const TRIES = 3;

/**
 * Reads carriers from /sys (sysfs-class-net; Linux 4.16). /sys shows the network namespace of the process that mounted
 * it, which in a container or behind nsenter(1) may be another one. So names, counters and hardware addresses are
 * compared with what this process itself sees, and if they differ nothing is reported.
 */
export class CarrierReader {
  readonly #paths: CarrierPaths;
  #trusts = false;
  #readings = 0;

  constructor(paths: CarrierPaths = PATHS) {
    this.#paths = paths;
    this.#trusts = this.#showsOurs();
  }

  /** False: an interface that was down for less than a second is not noticed. */
  get trusts(): boolean {
    return this.#trusts;
  }

  read(names: readonly string[]): Map<string, Carrier> {
    this.#readings += 1;
    if (this.#readings % TRUST_FOR === 0) this.#trusts = this.#showsOurs();
    const carriers = new Map<string, Carrier>();
    if (!this.#trusts) return carriers;
    for (const name of names) {
      const downs = this.#readNumber(name, 'carrier_down_count');
      // Reading the carrier of an interface that is not up fails with EINVAL.
      if (downs !== undefined) carriers.set(name, { downs, isUp: this.#readNumber(name, 'carrier') === 1 });
    }
    return carriers;
  }

  #showsOurs(): boolean {
    for (let tries = 0; tries < TRIES; tries += 1) if (this.#agrees()) return true;
    return false;
  }

  #agrees(): boolean {
    try {
      const names = readdirSync(this.#paths.sys).filter((name) => this.#readBytes(name) !== undefined);
      const before = names.map((name) => this.#readBytes(name) ?? 0);
      const ours = parseReceivedBytes(readFileSync(this.#paths.dev, 'utf8'));
      if (ours.size !== names.length) return false;
      const agree = names.every((name, index) => {
        const bytes = ours.get(name) ?? -1;
        return before[index]! <= bytes && bytes <= (this.#readBytes(name) ?? -1);
      });
      return agree && this.#sameHardware();
    } catch {
      return false;
    }
  }

  #sameHardware(): boolean {
    return Object.entries(networkInterfaces()).every(([name, infos]) => {
      const mac = infos?.[0]?.mac;
      const shown = this.#readText(name, 'address');
      // Some, such as tunnels, have a longer or shorter address, or none.
      return mac === undefined || shown === undefined || shown.length !== mac.length || shown === mac;
    });
  }

  #readBytes(name: string): number | undefined {
    return this.#readNumber(name, 'statistics/rx_bytes');
  }

  #readNumber(name: string, file: string): number | undefined {
    const text = this.#readText(name, file);
    return text === undefined ? undefined : Number(text);
  }

  #readText(name: string, file: string): string | undefined {
    try {
      return readFileSync(`${this.#paths.sys}/${name}/${file}`, 'utf8').trim();
    } catch {
      return undefined;
    }
  }
}

/**
 * Bytes received by interface, from the text of /proc/net/dev (proc_pid_net(5)): two lines of headings, then one each.
 */
export function parseReceivedBytes(text: string): Map<string, number> {
  const found = new Map<string, number>();
  for (const [, name, bytes] of text.matchAll(/^\s*(\S+):\s*(\d+)/gm)) found.set(name!, Number(bytes));
  return found;
}
