import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { policySchema } from '../../src/fleet/policy/schema.ts';
import { writeProbeUnit } from '../../src/service/probe-unit.ts';
import { TestFleet } from '../fleet/start-fleet.ts';
import { suiteNeeding } from '../support/suite-needing.ts';
import { settingOf } from './plans.ts';

const MAIN = join(import.meta.dirname, '../../dist/cli/main.js');
const PLAN = { program: { node: process.execPath, main: MAIN }, captures: false };
const SECRET = 'k3ep-this-0ut';
const POLICY =
  'schema: 1\nlabels: { site: "no", room: "12:30" }\nembedded: true\nrate: 200/s\nattempts: 5000\n';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'rushhour-probe-unit-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

const put = (name: string, text: string): string => {
  writeFileSync(join(dir, name), text);
  return join(dir, name);
};
const call = (...args: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, 'probe', ...args], {
    encoding: 'utf8',
    cwd: dir,
  });
  return { status, stdout, stderr };
};

describe('the unit of a probe', () => {
  it('waits for credentials, which root reads and hands over, and for a policy', () => {
    const unit = writeProbeUnit({
      ...PLAN,
      program: { node: '/usr/bin/node', main: '/opt/r/dist/cli/main.js' },
    });
    expect(unit).toContain(
      'ConditionPathExists=/etc/rushhour/probe.json\nConditionPathExists=/etc/rushhour/probe.yaml\n',
    );
    expect(settingOf(unit, 'LoadCredential')).toBe('credentials:/etc/rushhour/probe.json');
    expect(settingOf(unit, 'ExecStart')).toBe(
      // biome-ignore lint/suspicious/noTemplateCurlyInString: what systemd expands.
      '/usr/bin/node /opt/r/dist/cli/main.js probe --credentials "${CREDENTIALS_DIRECTORY}/credentials" --policy /etc/rushhour/probe.yaml --state /var/lib/rushhour-probe --results /var/lib/rushhour-probe/results',
    );
    expect(settingOf(unit, 'DynamicUser')).toBe('yes');
    expect(settingOf(unit, 'StateDirectory')).toBe('rushhour-probe');
    expect(settingOf(unit, 'MemoryMax')).toBe('60%');
  });

  it('has a privilege only where the policy allows captures', () => {
    const plain = call('--print-unit', '--policy', put('p.yaml', POLICY)).stdout;
    expect(plain).toBe(writeProbeUnit(PLAN));
    expect(call('--print-unit').stdout).toBe(plain);
    expect(settingOf(plain, 'CapabilityBoundingSet')).toBe('');
    expect(plain).not.toContain('AF_PACKET');
    const capturing = call('--print-unit', '--policy', put('c.yaml', `${POLICY}capture: true\n`)).stdout;
    expect(settingOf(capturing, 'CapabilityBoundingSet')).toBe('CAP_NET_RAW');
    expect(settingOf(capturing, 'AmbientCapabilities')).toBe('CAP_NET_RAW');
    expect(settingOf(capturing, 'RestrictAddressFamilies')).toContain('AF_PACKET');
  });

  it('names what the proxy on the way to the server asks for, and has nothing of what is in it', () => {
    const proxy = ['--print-unit', '--server-proxy', 'proxy.example:3128'];
    const plain = call(...proxy).stdout;
    expect(settingOf(plain, 'ExecStart')).toMatch(/probe\/results --server-proxy proxy\.example:3128$/);
    put('100% user', `pi:${SECRET}\n`);
    const basic = call(...proxy, '--server-proxy-user', '@100% user').stdout;
    expect(settingOf(basic, 'ExecStart')).toContain(
      // biome-ignore lint/suspicious/noTemplateCurlyInString: what systemd expands.
      ' --server-proxy proxy.example:3128 --server-proxy-user "@${CREDENTIALS_DIRECTORY}/server-proxy-user"',
    );
    expect(basic).toContain(`\nLoadCredential=server-proxy-user:${dir}/100%% user\n`);
    expect(basic).not.toContain(SECRET);
    const byVariable = call(...proxy, '--server-proxy-user', 'env:PROXY_USER').stdout;
    expect(settingOf(byVariable, 'ExecStart')).toMatch(/--server-proxy-user env:PROXY_USER$/);
    const keytab = ['--server-proxy-negotiate', '--server-proxy-keytab', '/etc/rushhour/pi.keytab'];
    const tickets = call(...proxy, ...keytab, '--server-proxy-service', 'HTTP@fw $1').stdout;
    expect(settingOf(tickets, 'ExecStart')).toContain(
      // biome-ignore lint/suspicious/noTemplateCurlyInString: what systemd expands.
      ' --server-proxy-negotiate --server-proxy-keytab "${CREDENTIALS_DIRECTORY}/server-proxy-keytab" --server-proxy-service "HTTP@fw $$1"',
    );
    expect(tickets).toContain('\nLoadCredential=server-proxy-keytab:/etc/rushhour/pi.keytab\n');
    for (const [flags, why] of [
      [['--server-proxy-negotiate'], 'a user of its own, who has no ticket cache'],
      [['--server-proxy-user', `pi:${SECRET}`], 'names where the credentials are'],
    ] as const) {
      const refused = call(...proxy, ...flags);
      expect([refused.status, refused.stdout]).toEqual([2, '']);
      expect(refused.stderr).toContain(why);
      expect(refused.stderr).not.toContain(SECRET);
    }
  });

  it('is not printed for a policy with mistakes, and a probe needs both files', () => {
    const wrong = call('--print-unit', '--policy', put('p.yaml', `${POLICY}captures: true\n`));
    expect([wrong.status, wrong.stdout]).toEqual([2, '']);
    expect(wrong.stderr).toContain('captures');
    expect(call('--policy', join(dir, 'p.yaml'))).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('a probe needs --credentials FILE'),
    });
    expect(call('--print-unit', '--print-ansible-vars').status).toBe(2);
  });
});

suiteNeeding('the unit of a probe as systemd reads it', ['linux', 'systemd-analyze'], () => {
  it.each([
    [false, 1.5],
    [true, 2],
  ] as const)('is without fault and exposes little (captures: %s): at most %d of 10', (captures, most) => {
    const serverProxy = {
      address: 'proxy.example:3128',
      auth: { scheme: 'basic', source: { kind: 'file', file: join(dir, '100% user') } },
    } as const;
    const unit = put('rushhour-probe.service', writeProbeUnit({ ...PLAN, captures, serverProxy }));
    const { status, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', unit], {
      encoding: 'utf8',
    });
    expect([status, stderr.split('\n').filter((line) => line.includes(dir))]).toEqual([0, []]);
    const told = execFileSync('systemd-analyze', ['security', '--offline=yes', '--no-pager', unit], {
      encoding: 'utf8',
    });
    expect(Number(/exposure level for \S+: ([\d.]+)/.exec(told)?.[1])).toBeLessThanOrEqual(most);
  });
});

suiteNeeding('the variables of a probe for Ansible', ['nats-server'], () => {
  it('hold its policy, as YAML 1.1 and 1.2 read it, and no secret', async () => {
    const fleet = await TestFleet.start(['a']);
    try {
      const file = fleet.folder.probeFiles.get('a')!;
      const { status, stdout } = call(
        ...['--print-ansible-vars', '--credentials', file, '--policy', put('p.yaml', POLICY)],
      );
      expect(status).toBe(0);
      for (const version of ['1.1', '1.2'] as const) {
        const { rushhour_probe_policy: policy, ...others } = parse(stdout, { version });
        expect(others).toEqual({ rushhour_probe_id: 'a', rushhour_probe_credentials: file });
        expect(policy.labels).toEqual({ site: 'no', room: '12:30' });
        expect(policySchema.safeParse(policy).success).toBe(true);
      }
      expect(stdout).not.toContain(JSON.parse(readFileSync(file, 'utf8')).seed);
      const print = ['--print-ansible-vars', '--credentials', file, '--policy', join(dir, 'p.yaml')];
      const proxy = [...print, '--server-proxy', 'proxy.example:3128'];
      put('user', `pi:${SECRET}\n`);
      const basic = call(...proxy, '--server-proxy-user', '@user');
      expect(parse(basic.stdout)).toMatchObject({
        rushhour_probe_server_proxy: 'proxy.example:3128',
        rushhour_probe_server_proxy_user: join(dir, 'user'),
      });
      expect(basic.stdout + basic.stderr).not.toContain(SECRET);
      put('user', SECRET);
      for (const [flags, code] of [
        [['--server-proxy-user', '@user'], 5],
        [['--server-proxy-user', 'env:PROXY_USER'], 5],
        [['--server-proxy-negotiate'], 2],
        [['--server-proxy-negotiate', '--server-proxy-keytab', 'none'], 5],
      ] as const) {
        const refused = call(...proxy, ...flags);
        expect([refused.status, refused.stdout]).toEqual([code, '']);
        expect(refused.stderr).not.toContain(SECRET);
      }
      const operator = call(
        ...[
          '--print-ansible-vars',
          '--credentials',
          fleet.folder.operatorFile,
          '--policy',
          join(dir, 'p.yaml'),
        ],
      );
      expect([operator.status, operator.stdout]).toEqual([2, '']);
    } finally {
      await fleet.close();
    }
  });
});

suiteNeeding(
  'a probe confined as by its unit',
  ['linux', 'root', 'nats-server', 'systemd-analyze', 'python3', 'setpriv'],
  () => {
    it('takes an order, plays it and sends what it recorded, without any capability', async () => {
      const fleet = await TestFleet.start(['a']);
      let probe: ChildProcess | undefined;
      try {
        const unit = put('rushhour-probe.service', writeProbeUnit(PLAN));
        copyFileSync(fleet.folder.probeFiles.get('a')!, join(dir, 'a.json'));
        put('p.yaml', POLICY);
        const bare = ['--inh-caps=-all', '--bounding-set=-all', '--no-new-privs'];
        const confine = ['python3', join(import.meta.dirname, 'confine.py'), unit];
        const start = [process.execPath, MAIN, 'probe', '--credentials', 'a.json', '--policy', 'p.yaml'];
        probe = spawn('setpriv', [...bare, ...confine, ...start, '--state', 'state', '--results', 'own'], {
          ...{ cwd: dir, stdio: 'ignore' },
        });
        const ls = () =>
          spawnSync(process.execPath, [MAIN, 'fleet', 'ls', '--fleet', fleet.dir], { encoding: 'utf8' })
            .stdout;
        await expect.poll(ls, { timeout: 60_000 }).toMatch(/^ {2}a .* idle /m);
        expect(readFileSync(`/proc/${probe.pid}/status`, 'utf8')).toMatch(/^CapEff:\t0+$/m);
        const run = [
          'fleet',
          'run',
          'quickstart',
          '--rate',
          '50',
          '-t',
          '2s',
          '--json',
          '--fleet',
          fleet.dir,
        ];
        const { stdout } = spawnSync(process.execPath, [MAIN, ...run], { encoding: 'utf8', cwd: dir });
        const [part] = JSON.parse(stdout).parts;
        expect(part.copy).toEqual({ hasEnded: true, missing: [], differing: [] });
        expect(part.summary.run).toMatchObject({ status: 'complete', engine: 'raw', stallsByTcpInfo: true });
        expect(readdirSync(join(dir, 'own'))).toHaveLength(1);
      } finally {
        if (probe !== undefined && probe.exitCode === null) {
          probe.kill('SIGTERM');
          await once(probe, 'exit');
        }
        await fleet.close();
      }
    });
  },
);
