import { runTool } from './command.ts';

/** A network namespace of a lab: its own addresses, routes, sysctls, firewall rules and sockets. */
export class Namespace {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  /** Makes it, with its loopback up. */
  async make(): Promise<void> {
    await runTool(['ip', 'netns', 'add', this.name]);
    await this.configure(['link set lo up']);
    // Packets come from where the lab says, not from where the kernel would expect them.
    await this.setSysctls({ 'net.ipv4.conf.all.rp_filter': 0, 'net.ipv4.conf.default.rp_filter': 0 });
  }

  /** The command line that runs a command inside. `ip netns exec` becomes the command: its pid stays. */
  enter(argv: readonly string[]): [string, ...string[]] {
    return ['ip', 'netns', 'exec', this.name, ...argv];
  }

  /** Runs a tool inside to its end and returns what it printed. */
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

/**
 * Removes a namespace; one that is gone already is fine.
 * @throws EnvironmentError where it exists and will not go
 */
export async function removeNamespace(name: string): Promise<void> {
  try {
    await runTool(['ip', 'netns', 'del', name]);
  } catch (error) {
    if ((await listNamespaces()).includes(name)) throw error;
  }
}

export async function listNamespaces(): Promise<string[]> {
  const listed = await runTool(['ip', 'netns', 'list']);
  return listed.split('\n').flatMap((line) => line.split(' ')[0] || []);
}
