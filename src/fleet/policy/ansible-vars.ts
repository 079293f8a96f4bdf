import { parse, stringify } from 'yaml';
import { parsePolicy } from './read-policy.ts';

export interface AnsibleVarsOptions {
  /** Id of the probe. */
  readonly id: string;
  /** Absolute, on the machine that runs Ansible; its content is a secret and stays out. */
  readonly credentialsFile: string;
  readonly policyText: string;
  /** For messages. */
  readonly policyFile: string;
  /** Absent: the server is reached directly. */
  readonly serverProxy?: RoleServerProxy;
}

/** The only way to the server; what holds secrets is named by its full path on the machine that runs Ansible. */
export interface RoleServerProxy {
  /** `host:port`. */
  readonly address: string;
  /** Holds `user:password`. */
  readonly userFile?: string;
  readonly keytab?: string;
  readonly service?: string;
}

/**
 * The variables of the Ansible role rushhour_probe for one probe, as a file of host_vars/ has them.
 * @throws UsageError naming every mistake of the policy
 */
export function formatAnsibleVars({
  id,
  credentialsFile,
  policyText,
  policyFile,
  serverProxy,
}: AnsibleVarsOptions): string {
  parsePolicy(policyText, policyFile);
  const variables = {
    rushhour_probe_id: id,
    rushhour_probe_credentials: credentialsFile,
    rushhour_probe_policy: parse(policyText) as unknown,
    ...(serverProxy !== undefined && proxyVariables(serverProxy)),
  };
  // Ansible reads YAML 1.1, where a bare `no` is false and 20:00 a number of minutes: such texts are quoted.
  return `# host_vars/${id}.yml, for the role rushhour_probe; no secret is in it.\n${stringify(variables, { version: '1.1' })}`;
}

function proxyVariables({ address, userFile, keytab, service }: RoleServerProxy): Record<string, string> {
  return {
    rushhour_probe_server_proxy: address,
    ...(userFile !== undefined && { rushhour_probe_server_proxy_user: userFile }),
    ...(keytab !== undefined && { rushhour_probe_server_proxy_keytab: keytab }),
    ...(service !== undefined && { rushhour_probe_server_proxy_service: service }),
  };
}
