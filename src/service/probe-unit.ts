import { BOUNDS } from '../scenario/bounds.ts';
import { confine, NO_CAPABILITY } from './hardening.ts';
import { CONFIG_DIR, type SoakInstallPlan } from './installed-soak.ts';
import { plainForUnit, quoteForUnit, quoteVariablePath } from './quote.ts';

/** Where the unit of a probe finds what its owner put there, and where it keeps what it records. */
export const PROBE_FILES = {
  credentials: `${CONFIG_DIR}/probe.json`,
  policy: `${CONFIG_DIR}/probe.yaml`,
  /** Variables that a policy names under `secrets`. */
  environment: `${CONFIG_DIR}/probe.env`,
  state: '/var/lib/rushhour-probe',
} as const;

export interface ProbeUnitPlan {
  /** node and dist/cli/main.js, absolute. */
  readonly program: SoakInstallPlan['program'];
  /** Whether the policy lets packets be captured. */
  readonly captures: boolean;
  /** The only way to the server; absent: directly. */
  readonly serverProxy?: UnitServerProxy;
}

export interface UnitServerProxy {
  /** `host:port`. */
  readonly address: string;
  /** What of this holds secrets is named, and neither read nor repeated. */
  readonly auth?:
    | {
        readonly scheme: 'basic';
        readonly source: { kind: 'file'; file: string } | { kind: 'variable'; name: string };
      }
    | { readonly scheme: 'negotiate'; readonly keytab: string; readonly service?: string };
}

/** libuv's threads, as bin/rushhour sets them. */
const POOL = 20;
/** Attempts under way end within their timeouts, then the end of the run is sent. */
const STOP_WITHIN_SEC = 180;
/** The most connections of a scenario, twice over, and what Node has open itself. */
const OPEN_AT_MOST = 2 * BOUNDS.concurrency + 1_024;

/** Names by which systemd hands over what a proxy on the way to the server asks for. */
const USER = 'server-proxy-user';
const KEYTAB = 'server-proxy-keytab';

/** The unit that offers this machine to a fleet: it needs no privilege unless the policy allows captures. */
export function writeProbeUnit({ program, captures, serverProxy }: ProbeUnitPlan): string {
  const start = [program.node, program.main, 'probe'].map(quoteForUnit);
  const { credentials, policy, environment, state } = PROBE_FILES;
  const handedOver = quoteVariablePath('', 'CREDENTIALS_DIRECTORY', 'credentials');
  const way = serverProxy === undefined ? { flags: [], secrets: [] } : writeWay(serverProxy);
  return lines([
    '# Lets the operator of a fleet run scenarios from this machine, as far as its policy allows. Once both files are there:',
    '#   sudo systemctl enable --now rushhour-probe',
    '[Unit]',
    'Description=rushhour: probe of a fleet',
    'Documentation=man:rushhour(1)',
    `ConditionPathExists=${credentials}`,
    `ConditionPathExists=${policy}`,
    'Wants=network-online.target',
    'After=network-online.target time-sync.target nss-lookup.target',
    '# A machine that is away for months goes on trying.',
    'StartLimitIntervalSec=0',
    '',
    '[Service]',
    'Type=exec',
    `ExecStart=${[...start, '--credentials', handedOver, '--policy', policy].join(' ')} ${['--state', state, '--results', `${state}/results`, ...way.flags].join(' ')}`,
    '# It says what it makes of a policy that was changed.',
    'ExecReload=/bin/kill -HUP $MAINPID',
    '# Read by root and handed over; nobody else has to be able to.',
    `LoadCredential=credentials:${credentials}`,
    ...way.secrets,
    '# NAME=value, a line each: what the policy or a flag names as env:NAME. Need not be there.',
    `EnvironmentFile=-${environment}`,
    `Environment=UV_THREADPOOL_SIZE=${POOL}`,
    `Environment=XDG_CONFIG_HOME=${state}/config`,
    '# A user who is there while it runs; only the folder of the state is its own, and stays.',
    'DynamicUser=yes',
    'StateDirectory=rushhour-probe',
    'StateDirectoryMode=0700',
    'WorkingDirectory=/',
    'UMask=0077',
    '',
    'Restart=on-failure',
    'RestartSec=10s',
    '# Credentials or a policy with mistakes do not mend themselves (2).',
    'RestartPreventExitStatus=2',
    'SuccessExitStatus=130',
    '# SIGTERM stops new attempts; those under way end by themselves, and the run counts as interrupted.',
    `TimeoutStopSec=${STOP_WITHIN_SEC}`,
    '',
    `LimitNOFILE=${OPEN_AT_MOST}`,
    '# A core file would hold keys.',
    'LimitCORE=0',
    '# A guard: a leak costs seconds and a restart, not the machine. Swapped out, it would be late, and say nothing about',
    '# the firewall.',
    'MemoryMax=60%',
    'MemorySwapMax=0',
    'OOMPolicy=stop',
    '# Connections start on time, whatever else the machine does.',
    'Nice=-5',
    'CPUWeight=500',
    '',
    captures ? '# The policy allows captures, which see whole packets.' : NO_CAPABILITY,
    ...confine({
      ...{ capabilities: captures ? ['CAP_NET_RAW'] : [], opensPacketSockets: captures, setsKernel: false },
    }),
    '',
    '[Install]',
    'WantedBy=multi-user.target',
  ]);
}

/** Flags for the way to the server, and settings that hand over what these name. */
function writeWay({ address, auth }: UnitServerProxy): {
  readonly flags: readonly string[];
  readonly secrets: readonly string[];
} {
  const flags = ['--server-proxy', quoteForUnit(address)];
  if (auth === undefined) return { flags, secrets: [] };
  const handOver = (name: string, file: string): string => `LoadCredential=${name}:${plainForUnit(file)}`;
  if (auth.scheme === 'negotiate') {
    const keytab = ['--server-proxy-keytab', quoteVariablePath('', 'CREDENTIALS_DIRECTORY', KEYTAB)];
    const service = auth.service === undefined ? [] : ['--server-proxy-service', quoteForUnit(auth.service)];
    return {
      flags: [...flags, '--server-proxy-negotiate', ...keytab, ...service],
      secrets: [handOver(KEYTAB, auth.keytab)],
    };
  }
  const { source } = auth;
  if (source.kind === 'variable')
    return { flags: [...flags, '--server-proxy-user', quoteForUnit(`env:${source.name}`)], secrets: [] };
  return {
    flags: [...flags, '--server-proxy-user', quoteVariablePath('@', 'CREDENTIALS_DIRECTORY', USER)],
    secrets: [handOver(USER, source.file)],
  };
}

function lines(all: readonly string[]): string {
  return `${all.join('\n')}\n`;
}
