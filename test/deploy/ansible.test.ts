import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { prepareFleetFolder } from '../../src/fleet/server/fleet-folder.ts';
import { changeSettings } from '../../src/fleet/server/settings.ts';
import { suiteNeeding } from '../support/suite-needing.ts';

const ROOT = join(import.meta.dirname, '../..');
const MAIN = join(ROOT, 'dist/cli/main.js');
/** Everything that the role writes outside what systemd and dpkg keep. */
const WRITTEN = ['/etc/rushhour', '/var/cache/rushhour', '/etc/systemd/system/rushhour-probe.service'];

/** Each within this, so that a connection that hangs ends the test and not the day. */
const RUN_WITHIN_MS = 120_000;

suiteNeeding(
  'the Ansible role, through a bastion',
  [
    ...['linux', 'root', 'netns', 'unshare', 'nsenter', 'ip', 'ansible-playbook', 'sshd', 'ssh', 'dpkg-deb'],
    '/usr/lib/python3/dist-packages/apt/__init__.py',
  ],
  () => {
    let dir: string;
    let hosts: ChildProcess;
    let inside: readonly string[];
    let vars: Record<string, unknown>;
    let seed: string;
    const before = WRITTEN.map((path) => existsSync(path));

    beforeAll(async () => {
      // Short, as paths of sockets have to be.
      dir = mkdtempSync(join(tmpdir(), 'rh-'));
      const fleet = join(dir, 'fleet');
      mkdirSync(fleet);
      const settings = await changeSettings(fleet, { port: 4222 });
      const folder = await prepareFleetFolder({
        ...{ dir: fleet, settings, probes: ['leeds-1', 'york-1'], storeBytes: 1_048_576, nowMs: Date.now() },
      });
      const credentials = folder.probeFiles.get('leeds-1')!;
      seed = JSON.parse(readFileSync(credentials, 'utf8')).seed;
      const policy = join(dir, 'probe.yaml');
      writeFileSync(
        policy,
        'schema: 1\nlabels: { site: "no", room: "12:30" }\nembedded: true\nrate: 500/s\nattempts: 100000\n',
      );
      const print = ['probe', '--print-ansible-vars', '--credentials', credentials, '--policy', policy];
      vars = parse(execFileSync(process.execPath, [MAIN, ...print], { encoding: 'utf8' }));
      makePackage('0.2.0');
      mkdirSync(join(dir, 'home'));
      mkdirSync(join(dir, 'host_vars'));
      writeFileSync(join(dir, 'ansible.cfg'), '');
      writeFileSync(join(dir, 'inventory'), 'leeds-1\n');
      writeFileSync(
        join(dir, 'play.yml'),
        '- hosts: all\n  gather_subset: ["!all", service_mgr]\n  roles: [rushhour_probe]\n',
      );
      const apart = ['--mount', '--net', '--pid', '--fork', '--kill-child', '--mount-proc'];
      hosts = spawn('unshare', [...apart, join(import.meta.dirname, 'hosts'), dir, ROOT], {
        stdio: ['pipe', 'pipe', 'pipe'],
      });
      let complaint = '';
      hosts.stderr!.on('data', (chunk) => (complaint += chunk));
      const [line] = await Promise.race([
        once(createInterface({ input: hosts.stdout! }), 'line'),
        once(hosts, 'exit'),
      ]);
      if (line !== 'ready') throw new Error(`the machines did not start: ${complaint}`);
      const [first = ''] = readFileSync(`/proc/${hosts.pid}/task/${hosts.pid}/children`, 'utf8').split(' ');
      inside = ['-t', first, '--mount', '--net', '--pid'];
    }, 120_000);

    afterAll(async () => {
      if (hosts?.exitCode === null) {
        hosts.stdin!.end();
        await once(hosts, 'exit');
      }
      if (dir !== undefined) rmSync(dir, { recursive: true });
    });

    const makePackage = (version: string): void => {
      const made = [join(dir, 'rushhour.deb'), process.execPath, ROOT, version];
      execFileSync(join(import.meta.dirname, 'make-package'), made);
    };
    const env = () => ({
      ...{ PATH: `${process.env['PATH']}:/usr/sbin:/sbin`, HOME: join(dir, 'home'), LC_ALL: 'C.UTF-8' },
      ...{ ANSIBLE_HOME: join(dir, 'home/.ansible'), ANSIBLE_ROLES_PATH: join(ROOT, 'deploy/ansible/roles') },
      ...{ ANSIBLE_CONFIG: join(dir, 'ansible.cfg'), ANSIBLE_NOCOLOR: '1', ANSIBLE_PIPELINING: '1' },
      ANSIBLE_SSH_ARGS: `-F ${dir}/ssh_config -o ControlMaster=auto -o ControlPersist=60s -o ControlPath=${dir}/%C`,
      ...{ PYTHONDONTWRITEBYTECODE: '1', ANSIBLE_PYTHON_INTERPRETER: '/usr/bin/python3' },
    });
    const enter = (...command: readonly string[]) => {
      const { status, stdout, stderr } = spawnSync('nsenter', [...inside, ...command], {
        ...{ encoding: 'utf8', env: env(), cwd: dir, timeout: RUN_WITHIN_MS },
      });
      return { status, stdout, stderr };
    };
    const onProbe = (command: string) => enter('ssh', '-F', `${dir}/ssh_config`, 'leeds-1', command).stdout;
    const play = (changes: Record<string, unknown> = {}) => {
      writeFileSync(
        join(dir, 'host_vars/leeds-1.yml'),
        stringify(
          { rushhour_probe_package: join(dir, 'rushhour.deb'), ...vars, ...changes },
          { version: '1.1' },
        ),
      );
      const { status, stdout, stderr } = enter(
        ...['ansible-playbook', '-i', join(dir, 'inventory'), join(dir, 'play.yml')],
      );
      const [, changed] = /^leeds-1 .*changed=(\d+)/m.exec(stdout) ?? [];
      expect(stdout + stderr).not.toContain(seed);
      return { status, changed: Number(changed), stdout: stdout + stderr };
    };
    const calls = (): string[] => {
      const made = onProbe('cat /run/stand-in/calls; : >/run/stand-in/calls').trim().split('\n');
      return made.filter((call) => !/^(show|is-|daemon-reload|try-restart|--)/.test(call));
    };

    it('is the only way: the probe is not reached without the bastion', () => {
      const direct = enter('ssh', '-F', `${dir}/ssh_config`, '-o', 'ProxyCommand=none', 'leeds-1', 'true');
      expect(direct.status).toBe(255);
      expect(direct.stderr).toMatch(/unreachable|timed out/i);
    });

    it('installs package, credentials, policy and unit, and starts it', () => {
      const first = play();
      expect([first.status, first.changed > 5], first.stdout).toEqual([0, true]);
      expect(onProbe('dpkg-query --show rushhour')).toBe('rushhour\t0.2.0\n');
      expect(
        onProbe('stat -c "%a %U %n" /etc/rushhour/* /etc/systemd/system/rushhour-probe.service')
          .trim()
          .split('\n'),
      ).toEqual([
        '600 root /etc/rushhour/probe.json',
        '644 root /etc/rushhour/probe.yaml',
        '644 root /etc/systemd/system/rushhour-probe.service',
      ]);
      expect(onProbe('cat /etc/rushhour/probe.json')).toBe(
        readFileSync(join(dir, 'fleet/credentials/leeds-1.json'), 'utf8'),
      );
      expect(parse(onProbe('cat /etc/rushhour/probe.yaml'))).toEqual(vars['rushhour_probe_policy']);
      expect(calls()).toEqual([
        'enable rushhour-probe.service',
        'start rushhour-probe.service',
        'restart rushhour-probe.service',
      ]);
      // What has been written is a unit, and its program is there: only systemd is not.
      expect(onProbe('systemd-analyze verify --man=no /etc/systemd/system/rushhour-probe.service 2>&1')).toBe(
        '',
      );
      expect(onProbe('/usr/bin/rushhour --version')).toMatch(/^\d/);
    });

    it('changes nothing when it is done again', () => {
      expect(play()).toMatchObject({ status: 0, changed: 0 });
      expect(calls()).toEqual([]);
    });

    it('installs a newer package, and gives the unit a privilege where the policy allows captures', () => {
      makePackage('0.2.1');
      const policy = { ...(vars['rushhour_probe_policy'] as object), capture: true };
      // Package (sent, installed), policy, unit, and the restart.
      expect(play({ rushhour_probe_policy: policy })).toMatchObject({ status: 0, changed: 5 });
      expect(onProbe('dpkg-query --show rushhour')).toBe('rushhour\t0.2.1\n');
      expect(onProbe('grep ^AmbientCapabilities= /etc/systemd/system/rushhour-probe.service')).toBe(
        'AmbientCapabilities=CAP_NET_RAW\n',
      );
      expect(calls()).toEqual(['restart rushhour-probe.service']);
    });

    it('refuses a policy with mistakes and the credentials of another, and leaves what was there', () => {
      const both = 'cat /etc/rushhour/probe.json /etc/rushhour/probe.yaml';
      const was = onProbe(both);
      const wrong = play({ rushhour_probe_policy: { schema: 1, rate: 'much' } });
      expect(wrong.status).toBe(2);
      expect(wrong.stdout).toContain('rate');
      const other = play({ rushhour_probe_credentials: join(dir, 'fleet/credentials/york-1.json') });
      expect(other.status).toBe(2);
      expect(other.stdout).toContain('does not hold the credentials of leeds-1');
      expect(onProbe(both)).toBe(was);
    });

    const secret = 'k3ep-this-0ut';
    const throughProxy = () => {
      const user = join(dir, 'proxy-user');
      const policy = { ...(vars['rushhour_probe_policy'] as object), capture: true };
      const proxy = {
        ...{ rushhour_probe_policy: policy, rushhour_probe_server_proxy: 'proxy.example:3128' },
        rushhour_probe_server_proxy_user: user,
      };
      return { user, policy, proxy };
    };
    const flagsOf = () =>
      onProbe('sed -n "s/^ExecStart=.*--results //p" /etc/systemd/system/rushhour-probe.service');

    it('takes the probe through a proxy, whose password only root reads', () => {
      const { user, proxy } = throughProxy();
      writeFileSync(user, `pi:${secret}\n`);
      // Password, unit, and the restart.
      const first = play(proxy);
      expect(first).toMatchObject({ status: 0, changed: 3 });
      expect(first.stdout).not.toContain(secret);
      expect(onProbe('stat -c "%a %U" /etc/rushhour/server-proxy.user')).toBe('600 root\n');
      expect(onProbe('cat /etc/rushhour/server-proxy.user')).toBe(`pi:${secret}\n`);
      expect(flagsOf()).toBe(
        // biome-ignore lint/suspicious/noTemplateCurlyInString: what systemd expands.
        '/var/lib/rushhour-probe/results --server-proxy proxy.example:3128 --server-proxy-user "@${CREDENTIALS_DIRECTORY}/server-proxy-user"\n',
      );
      expect(onProbe('systemd-analyze verify --man=no /etc/systemd/system/rushhour-probe.service 2>&1')).toBe(
        '',
      );
      expect(
        onProbe(`grep -rl ${secret} /etc/systemd /etc/rushhour /var/cache/rushhour /run/stand-in; true`),
      ).toBe('/etc/rushhour/server-proxy.user\n');
      expect(play(proxy)).toMatchObject({ status: 0, changed: 0 });
      expect(calls()).toEqual(['restart rushhour-probe.service']);
    });

    it('takes a keytab in its place, and the proxy away again', () => {
      const { user, policy, proxy } = throughProxy();
      writeFileSync(user, secret);
      const wrong = play(proxy);
      expect([wrong.status, wrong.stdout.includes(secret)]).toEqual([2, false]);
      expect(wrong.stdout).toContain('rushhour_probe_server_proxy takes either');
      const keytab = join(dir, 'pi.keytab');
      writeFileSync(keytab, 'keys');
      const negotiate = {
        ...{ ...proxy, rushhour_probe_server_proxy_user: '', rushhour_probe_server_proxy_keytab: keytab },
        rushhour_probe_server_proxy_service: 'HTTP@fw.example',
      };
      // Keytab, no password any more, unit, and the restart.
      expect(play(negotiate)).toMatchObject({ status: 0, changed: 4 });
      expect(onProbe('stat -c "%a %n" /etc/rushhour/server-proxy.*')).toBe(
        '600 /etc/rushhour/server-proxy.keytab\n',
      );
      expect(flagsOf()).toContain('--server-proxy-service HTTP@fw.example\n');
      // Directly again: the keytab goes, too.
      expect(play({ rushhour_probe_policy: policy })).toMatchObject({ status: 0, changed: 3 });
      expect(onProbe('ls /etc/rushhour')).toBe('probe.json\nprobe.yaml\n');
      expect(flagsOf()).toBe('/var/lib/rushhour-probe/results\n');
      expect(calls()).toEqual(Array.from({ length: 2 }, () => 'restart rushhour-probe.service'));
    });

    it('stops a probe that is no longer wanted', () => {
      expect(play({ rushhour_probe_enabled: false }).status).toBe(0);
      expect(calls()).toEqual(['disable rushhour-probe.service', 'stop rushhour-probe.service']);
    });

    it('touches nothing of this machine', () => {
      expect(WRITTEN.map((path) => existsSync(path))).toEqual(before);
    });
  },
);
