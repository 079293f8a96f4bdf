import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { forgeKeytab, Kdc } from '../peers/kdc.ts';
import { type Nginx, startNginx } from '../peers/nginx.ts';
import { type Squid, startSquid } from '../peers/squid.ts';
import { readFilesBelow } from '../support/files-below.ts';
import { suiteNeeding } from '../support/suite-needing.ts';
import { makeWorkplace, type Workplace } from './rushhour.ts';

const SERVICE = 'HTTP/proxy.rushhour.test';
const OWN = ['--service', 'HTTP@proxy.rushhour.test'];
/** Seconds; client and KDC forgive no more, so that tickets run out while one can wait for it. */
const SKEW_SEC = 1;
const LIFE_SEC = 4;

suiteNeeding(
  'what Kerberos may lack',
  ['linux', 'nginx', 'squid', 'krb5kdc', 'kadmin.local', 'kinit', 'npm:kerberos', 'faketime'],
  () => {
    let kdc: Kdc;
    let nginx: Nginx;
    let squid: Squid;
    let place: Workplace;
    beforeAll(async () => {
      kdc = await Kdc.start([SERVICE, 'pupil1'], { clockSkewSec: SKEW_SEC });
      Object.assign(process.env, kdc.env);
      nginx = await startNginx();
      place = makeWorkplace();
      squid = await startSquid({
        isPersistent: true,
        auth: {
          ...{
            scheme: 'negotiate',
            service: `${SERVICE}@${Kdc.realm}`,
            keytab: kdc.keytab('http', [SERVICE]),
          },
          krb5Config: kdc.acceptorConfig,
        },
      });
    });
    afterAll(async () => {
      delete process.env['KRB5_CONFIG'];
      delete process.env['KRB5CCNAME'];
      await squid.stop();
      await place.clean();
      await nginx.stop();
      await kdc.stop();
    });
    afterEach(() => {
      Object.assign(process.env, kdc.env);
    });

    const command = (flags: readonly string[]) => [
      ...['hit', `http://127.0.0.1:${nginx.port}/?n={nonce}`, '-x', `127.0.0.1:${squid.port}`],
      ...['--proxy-negotiate', ...flags],
    ];

    /** What a run says that must not start: its error and hint. */
    const refuse = async (flags: readonly string[]): Promise<string> => {
      const { code, stdout, stderr } = await place.run(command([...flags, '-n', '5']));
      expect({ code, stdout }).toEqual({ code: 5, stdout: '' });
      return stderr;
    };
    const forge = (name: string, principal: string): string => {
      const path = join(kdc.dir, `${name}.keytab`);
      forgeKeytab(path, principal);
      return path;
    };

    it('no ticket: says kinit and k5start', async () => {
      process.env['KRB5CCNAME'] = kdc.cache('nothing');
      const said = await refuse(OWN);
      expect(said).toMatch(/arm hit: there is no Kerberos ticket \(.*cc-nothing\)/);
      expect(said).toMatch(/kinit .*k5start/);
    });

    it('an expired ticket', async () => {
      await kdc.up(-3_600);
      kdc.kinit('pupil1', kdc.env.KRB5CCNAME, 60, -3_600);
      await kdc.up();
      const said = await refuse(OWN);
      expect(said).toContain('the Kerberos ticket has expired (Ticket expired)');
      expect(said).toContain('kinit');
    });

    it('a service that the KDC does not know', async () => {
      kdc.kinit('pupil1');
      const said = await refuse(['--service', 'HTTP@other.rushhour.test']);
      expect(said).toContain('the KDC knows no service HTTP@other.rushhour.test');
      expect(said).toContain('kvno -S HTTP other.rushhour.test');
    });

    it('a service in a realm that nobody knows', async () => {
      kdc.kinit('pupil1');
      const said = await refuse(['--service', 'HTTP@proxy.elsewhere.test']);
      expect(said).toMatch(/the realm is wrong or not configured \(.*ELSEWHERE\.TEST.*\)/);
    });

    it('only an address, where the KDC wants a name', async () => {
      expect(await refuse([])).toContain('Kerberos issues no tickets for an IP address (127.0.0.1)');
    });

    it('clocks an hour apart, either way', async () => {
      for (const shiftSec of [3_600, -3_600]) {
        kdc.kinit('pupil1');
        await kdc.up(shiftSec);
        const said = await refuse(OWN);
        await kdc.up();
        expect(said).toContain('the clocks of this machine and of the KDC are too far apart');
        expect(said).toContain('timedatectl set-ntp true');
      }
    });

    it('a KDC that is down', async () => {
      kdc.kinit('pupil1');
      await kdc.down();
      const said = await refuse(OWN);
      await kdc.up();
      expect(said).toContain(`no KDC answers (Cannot contact any KDC for realm '${Kdc.realm}')`);
    });

    it('a keytab that is missing, is none, or lacks the principal', async () => {
      expect(await refuse([...OWN, '--keytab', '/nonexistent/keytab'])).toContain(
        'the keytab /nonexistent/keytab cannot be read (ENOENT)',
      );
      const none = join(kdc.dir, 'none.keytab');
      await writeFile(none, 'no keytab');
      expect(await refuse([...OWN, '--keytab', none])).toContain('is not a keytab: it is not a keytab');
      const keytab = kdc.keytab('pupil1', ['pupil1']);
      const said = await refuse([...OWN, '--keytab', keytab, '--principal', `pupil2@${Kdc.realm}`]);
      expect(said).toContain(`contains no key for pupil2@${Kdc.realm}`);
      expect(said).toContain(`klist -k ${keytab}`);
    });

    it('a principal, a realm or a key that the KDC does not have', async () => {
      const unknown = await refuse([...OWN, '--keytab', forge('unknown', `nobody@${Kdc.realm}`)]);
      expect(unknown).toContain(`does not know nobody@${Kdc.realm}`);
      const realm = await refuse([...OWN, '--keytab', forge('realm', 'pupil1@NOWHERE.TEST')]);
      expect(realm).toContain('the realm is wrong or not configured');
      const key = await refuse([...OWN, '--keytab', forge('stale', `pupil1@${Kdc.realm}`)]);
      expect(key).toContain(`the key of pupil1@${Kdc.realm} differs from the KDC's`);
      expect(key).toMatch(/kinit -k -t .*stale\.keytab pupil1@/);
    });

    it('with a keytab, tickets are renewed in a run that outlasts them', async () => {
      const before = await kdc.initialTickets();
      process.env['KRB5_CONFIG'] = await kdc.configure('short', SKEW_SEC, [`ticket_lifetime = ${LIFE_SEC}s`]);
      const { arms } = await place.measure(
        command([
          ...OWN,
          '--keytab',
          kdc.keytab('pupil1', ['pupil1']),
          '--rate',
          '20',
          '-t',
          `${2 * LIFE_SEC}s`,
        ]),
      );
      expect(arms['hit']).toMatchObject({ outcomes: { ok: 40 * LIFE_SEC }, tokens: { failures: {} } });
      expect((await kdc.initialTickets()) - before).toBeGreaterThan(1);
    });

    it('a ticket that runs out is told once and counted; a new one in the cache is taken up', async () => {
      // Long enough for a start on a machine that others keep busy.
      kdc.kinit('pupil1', kdc.env.KRB5CCNAME, 5);
      const seconds = 15;
      const run = place.start([
        ...command([...OWN, '--rate', '20', '-t', `${seconds}s`]),
        ...['--json', '--label', 'expires', '--results', place.results],
      ]);
      await run.until(/the Kerberos ticket has expired/);
      await place.recorded((frames) => frames.includes('"unsent-no-credentials"'), 'expires');
      kdc.kinit('pupil1');
      const { stdout, stderr } = await run.finished;
      const { hit } = (JSON.parse(stdout) as { arms: Record<string, Arm> }).arms as { hit: Arm };
      expect(stderr.match(/the Kerberos ticket has expired/g)).toHaveLength(1);
      expect(hit.tokens.failures['ticket-expired']).toBeGreaterThan(0);
      expect(hit.outcomes['unsent-no-credentials']).toBeGreaterThan(0);
      expect(hit.outcomes['ok']).toBeGreaterThan(0);
      expect(Object.keys(hit.outcomes).sort()).toEqual(['ok', 'unsent-no-credentials']);
      expect(hit.scheduled).toBe(20 * seconds);
      // Once the new ticket was found, nothing was unsent any more.
      const [latest] = (await readdir(place.results)).sort().reverse();
      const lines = (await readFile(join(place.results, latest!, 'frames.jsonl'), 'utf8')).trim().split('\n');
      const bySecond = lines.map((line) => (JSON.parse(line) as Frame).series['hit']?.outcomes ?? {});
      const lastWith = (outcome: string): number =>
        bySecond.findLastIndex((counts) => (counts[outcome] ?? 0) > 0);
      expect(lastWith('ok')).toBeGreaterThan(lastWith('unsent-no-credentials'));
    });

    it('the KDC may go once tickets are there', async () => {
      kdc.kinit('pupil1');
      const run = place.start([
        ...command([...OWN, '--rate', '20', '-t', '2s', '--json']),
        ...['--results', place.results],
      ]);
      await run.until(/up to 20/);
      await kdc.down();
      const { stdout } = await run.finished;
      await kdc.up();
      expect((JSON.parse(stdout) as { arms: Record<string, Arm> }).arms['hit']?.outcomes).toEqual({ ok: 40 });
    });

    it('a KDC that goes in a run: what needs it then is told once and counted, and the run ends in time', async () => {
      process.env['KRB5_CONFIG'] = await kdc.configure('short', SKEW_SEC, [`ticket_lifetime = ${LIFE_SEC}s`]);
      const seconds = 2 * LIFE_SEC;
      const run = place.start([
        ...command([...OWN, '--keytab', kdc.keytab('pupil1', ['pupil1'])]),
        ...['--rate', '20', '-t', `${seconds}s`, '--json', '--results', place.results],
      ]);
      await run.until(/up to 20/);
      await kdc.down();
      const { stdout, stderr } = await run.finished;
      await kdc.up();
      const { hit } = (JSON.parse(stdout) as { arms: Record<string, Arm> }).arms as { hit: Arm };
      expect(stderr.match(/no KDC answers/g)).toHaveLength(1);
      expect(hit.tokens.failures['kdc-unreachable']).toBeGreaterThan(0);
      expect(Object.keys(hit.outcomes).sort()).toEqual(['ok', 'unsent-no-credentials']);
      expect(hit.scheduled).toBe(20 * seconds);
    });

    it('no token stands in anything that runs have left', async () => {
      const files = await readFilesBelow(place.results);
      expect(files.size).toBeGreaterThan(0);
      // SPNEGO's object identifier, as base64 has it after the 4 bytes that every token begins with (RFC 4178).
      for (const [path, text] of files) expect(text, path).not.toContain('YGKwYBBQUC');
    });
  },
);

interface Arm {
  readonly scheduled: number;
  readonly outcomes: Record<string, number>;
  readonly tokens: { readonly failures: Record<string, number> };
}

interface Frame {
  readonly series: Record<string, { readonly outcomes: Record<string, number> }>;
}
