import { runTool } from './command.ts';

/** A network namespace of a lab: its own addresses, routes, sysctls, firewall rules and sockets. */
export class Namespace {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  /** The command line that runs a command inside. `ip netns exec` becomes the command: its pid stays. */
  enter(argv: readonly string[]): [string, ...string[]] {
    return ['ip', 'netns', 'exec', this.name, ...argv];
  }

  /** Runs a tool inside to completion and returns its output. */
  run(...argv: readonly string[]): Promise<string> {
    return runTool(this.enter(argv));
  }

  /** Runs lines of ip(8), without the word `ip`. */
  async configure(lines: readonly string[]): Promise<void> {
    await runTool(['ip', '-n', this.name, '-batch', '-'], `${lines.join('\n')}\n`);
  }

  async setSysctls(values: Readonly<Record<string, string | number>>): Promise<void> {
    await this.run('sysctl', '-qw', ...Object.entries(values).map(([key, value]) => `${key}=${value}`));
  }

  /** Loads an nftables ruleset. */
  async loadRules(ruleset: string): Promise<void> {
    await runTool(this.enter(['nft', '-f', '-']), ruleset);
  }
}

/** Source addresses are the lab's, not those that the kernel would expect. */
const FROM_ANYWHERE = { 'net.ipv4.conf.all.rp_filter': 0, 'net.ipv4.conf.default.rp_filter': 0 };

/**
 * Makes empty namespaces, because interfaces inherit settings when they are added. Loopbacks are still down.
 */
export async function makeNamespaces(namespaces: readonly Namespace[]): Promise<void> {
  await runTool(['ip', '-batch', '-'], namespaces.map(({ name }) => `netns add ${name}\n`).join(''));
  for (const namespace of namespaces) await namespace.setSysctls(FROM_ANYWHERE);
}

/**
 * Removes namespaces; those that no longer exist are ignored.
 * @throws EnvironmentError if one exists and cannot be removed
 */
export async function removeNamespaces(names: readonly string[]): Promise<void> {
  try {
    // Forced: a failure must not prevent the removal of the others.
    await runTool(['ip', '-force', '-batch', '-'], names.map((name) => `netns del ${name}\n`).join(''));
  } catch (error) {
    const left = await listNamespaces();
    if (names.some((name) => left.includes(name))) throw error;
  }
}

export async function listNamespaces(): Promise<string[]> {
  const listed = await runTool(['ip', 'netns', 'list']);
  return listed.split('\n').flatMap((line) => line.split(' ')[0] || []);
}
