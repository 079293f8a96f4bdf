import { EXIT, type ExitCode, UsageError } from '../../errors.ts';
import { type ProbeFiles, probeFile } from '../flags/probe-files.ts';
import type { Host } from '../host.ts';

export interface ProbePrintFlags {
  readonly printUnit?: boolean;
  readonly printAnsibleVars?: boolean;
}

/** What sets a probe up on its machine: a unit, or the variables of the Ansible role. */
export async function printForProbe(host: Host, flags: ProbeFiles & ProbePrintFlags): Promise<ExitCode> {
  if (flags.printUnit === true && flags.printAnsibleVars === true) {
    throw new UsageError('--print-unit and --print-ansible-vars exclude each other', {
      hint: 'give one of them',
    });
  }
  host.stdout.write(flags.printUnit === true ? await unitOf(host, flags) : await variablesOf(host, flags));
  return EXIT.ok;
}

async function unitOf(host: Host, flags: ProbeFiles): Promise<string> {
  const [{ readPolicy }, { writeProbeUnit }, { locateProgram }] = await Promise.all([
    import('../../fleet/policy/read-policy.ts'),
    import('../../service/probe-unit.ts'),
    import('../../service/program.ts'),
  ]);
  const policy = flags.policy === undefined ? undefined : await readPolicy(probeFile(host, flags, 'policy'));
  return writeProbeUnit({ program: locateProgram(), captures: policy?.capture === true });
}

async function variablesOf(host: Host, flags: ProbeFiles): Promise<string> {
  const [{ readCredentials }, { formatAnsibleVars }, { readPolicyText }] = await Promise.all([
    import('../../fleet/credentials.ts'),
    import('../../fleet/policy/ansible-vars.ts'),
    import('../../fleet/policy/read-policy.ts'),
  ]);
  const [credentialsFile, policyFile] = [
    probeFile(host, flags, 'credentials'),
    probeFile(host, flags, 'policy'),
  ];
  const { role } = await readCredentials(credentialsFile);
  if (role.kind !== 'probe') {
    throw new UsageError(`${credentialsFile} holds the credentials of an operator`, {
      hint: 'give those of a probe: credentials/ID.json in the folder of the fleet',
    });
  }
  const policyText = await readPolicyText(policyFile);
  return formatAnsibleVars({ id: role.id, credentialsFile, policyText, policyFile });
}
