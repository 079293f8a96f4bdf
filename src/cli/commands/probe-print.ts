import { EXIT, type ExitCode, UsageError } from '../../errors.ts';
import type { ServerProxyFlags, ServerProxyPlan } from '../../fleet/link/read-proxy.ts';
import type { RoleServerProxy } from '../../fleet/policy/ansible-vars.ts';
import { uriHostOf } from '../../scenario/host-names.ts';
import type { UnitServerProxy } from '../../service/probe-unit.ts';
import { KEEP_UNSENT_BYTES, type ProbeFiles, probeFile } from '../flags/probe-files.ts';
import type { SinkFlags } from '../flags/sink-flags.ts';
import type { Host } from '../host.ts';

export interface ProbePrintFlags {
  readonly printUnit?: boolean;
  readonly printAnsibleVars?: boolean;
}

type PrintFlags = ProbeFiles &
  ProbePrintFlags &
  ServerProxyFlags &
  Pick<SinkFlags, 'sink'> & {
    readonly state?: string;
    readonly results?: string;
    readonly enroll?: string;
    readonly keepUnsent?: number;
    readonly keepDays?: number;
  };

const KEPT_OUT: readonly { readonly flag: string; isGiven(flags: PrintFlags): boolean }[] = [
  { flag: '--enroll', isGiven: ({ enroll }) => enroll !== undefined },
  { flag: '--state', isGiven: ({ state }) => state !== undefined },
  { flag: '--results', isGiven: ({ results }) => results !== undefined },
  {
    flag: '--keep-unsent',
    isGiven: ({ keepUnsent = KEEP_UNSENT_BYTES }) => keepUnsent !== KEEP_UNSENT_BYTES,
  },
  { flag: '--keep-days', isGiven: ({ keepDays }) => keepDays !== undefined },
  { flag: '--sink', isGiven: ({ sink = [] }) => sink.length > 0 },
];

/** What sets a probe up on its machine: a unit, or the variables of the Ansible role. */
export async function printForProbe(host: Host, flags: PrintFlags): Promise<ExitCode> {
  if (flags.printUnit === true && flags.printAnsibleVars === true) {
    throw new UsageError('--print-unit and --print-ansible-vars exclude each other', {
      hint: 'give one of them',
    });
  }
  checkLeftOut(flags);
  host.stdout.write(flags.printUnit === true ? await unitOf(host, flags) : await variablesOf(host, flags));
  return EXIT.ok;
}

/** @throws UsageError for what neither a unit nor the role would do, rather than to leave it out without a word */
function checkLeftOut(flags: PrintFlags): void {
  const given = KEPT_OUT.filter(({ isGiven }) => isGiven(flags)).map(({ flag }) => flag);
  if (given.length === 0) return;
  const printed = flags.printUnit === true ? '--print-unit' : '--print-ansible-vars';
  throw new UsageError(`${printed} cannot take ${given.join(', ')} over`, {
    hint: 'leave that out here, and add it to ExecStart= where the unit is installed: systemctl edit --full rushhour-probe',
  });
}

async function unitOf(host: Host, flags: PrintFlags): Promise<string> {
  const [{ planServerProxy }, { readPolicy }, { writeProbeUnit }, program] = await Promise.all([
    import('../../fleet/link/read-proxy.ts'),
    import('../../fleet/policy/read-policy.ts'),
    import('../../service/probe-unit.ts'),
    import('../../service/program.ts'),
  ]);
  const policy = flags.policy === undefined ? undefined : await readPolicy(probeFile(host, flags, 'policy'));
  const plan = planServerProxy(host.cwd, flags);
  const { node, main } = program.locateProgram();
  warnOfHidden(host, program.findHidden(new Map(Object.entries({ program: main, node }))));
  return writeProbeUnit({
    ...{ program: { node, main }, captures: policy?.capture === true },
    ...(plan !== undefined && { serverProxy: unitProxyOf(plan) }),
  });
}

/** The unit may be for another machine, or be printed before the program is moved: it is no reason to refuse. */
function warnOfHidden({ stderr }: Host, hidden: readonly string[]): void {
  if (hidden.length === 0) return;
  stderr.write(
    [
      'rushhour: warning: the unit cannot start, as its user sees no home folders and no temporary files:',
      ...hidden,
      `install the Debian package, or copy the checkout (sudo cp -a . /opt/rushhour) and print the unit there; node from the distribution (sudo apt-get install nodejs)`,
    ].join('\n  '),
  );
  stderr.write('\n');
}

/** @throws UsageError if there is nobody whose tickets the unit could use */
function unitProxyOf({ host, port, auth }: ServerProxyPlan): UnitServerProxy {
  const address = `${uriHostOf(host)}:${port}`;
  if (auth === undefined) return { address };
  if (auth.scheme === 'basic') return { address, auth };
  const { keytab, ...negotiate } = auth;
  if (keytab !== undefined) return { address, auth: { ...negotiate, keytab } };
  throw new UsageError('the unit runs as a user of its own, who has no ticket cache', {
    hint: 'add --server-proxy-keytab with the path that the keytab has on the probe',
  });
}

const VARIABLES_USAGE = 'rushhour probe --print-ansible-vars --credentials FILE --policy FILE';

async function variablesOf(host: Host, flags: PrintFlags): Promise<string> {
  const [
    { readOwnCredentials },
    { planServerProxy, readServerProxy },
    { formatAnsibleVars },
    { readPolicyText },
  ] = await Promise.all([
    import('../read-own-credentials.ts'),
    import('../../fleet/link/read-proxy.ts'),
    import('../../fleet/policy/ansible-vars.ts'),
    import('../../fleet/policy/read-policy.ts'),
  ]);
  const [credentialsFile, policyFile] = [
    probeFile(host, flags, 'credentials', VARIABLES_USAGE),
    probeFile(host, flags, 'policy', VARIABLES_USAGE),
  ];
  const { role } = await readOwnCredentials(host, credentialsFile, 'probe');
  if (role.kind !== 'probe') {
    throw new UsageError(`${credentialsFile} holds the credentials of an operator`, {
      hint: 'give those of a probe: credentials/ID.json in the folder of the fleet',
    });
  }
  const policyText = await readPolicyText(policyFile);
  const plan = planServerProxy(host.cwd, flags);
  // As the policy: a mistake in what it names is told here, and not by the probe.
  await readServerProxy(host, flags);
  return formatAnsibleVars({
    ...{ id: role.id, credentialsFile, policyText, policyFile },
    ...(plan !== undefined && { serverProxy: roleProxyOf(plan) }),
  });
}

/** @throws UsageError if a secret is not in a file, which is all that the role can send */
function roleProxyOf({ host, port, auth }: ServerProxyPlan): RoleServerProxy {
  const address = `${uriHostOf(host)}:${port}`;
  if (auth === undefined) return { address };
  if (auth.scheme === 'basic' && auth.source.kind === 'file') return { address, userFile: auth.source.file };
  if (auth.scheme === 'negotiate' && auth.keytab !== undefined)
    return { address, ...auth, keytab: auth.keytab };
  throw new UsageError('the role sends the credentials for the proxy as a file', {
    hint: 'write --server-proxy-user @FILE, or --server-proxy-negotiate --server-proxy-keytab FILE',
  });
}
