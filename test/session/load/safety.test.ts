import { describe, expect, it } from 'vitest';
import type { Arm, Scenario } from '../../../src/scenario/types.ts';
import { findPublicHosts, isPublicAddress, isPublicHost } from '../../../src/session/load/safety.ts';
import type { ArmOutline } from '../../../src/session/types.ts';

const arm = (over: Partial<Arm>): Arm => ({
  name: 'stress',
  via: 'direct',
  target: { scheme: 'http', host: 'www.example.com', port: 80, path: '/' },
  request: { method: 'GET', version: '1.1', headers: [], body: '' },
  expect: { kind: 'status', statuses: [] },
  load: { kind: 'closed', concurrency: 1, attempts: 1 },
  handshakeTimeoutUs: 1,
  responseTimeoutUs: 1,
  stallAfterUs: 1,
  close: 'peer',
  holdUs: 0,
  socket: { bind: [] },
  ...over,
});

const scenario = (...arms: Arm[]): Scenario => ({
  schema: 1,
  name: 'any',
  description: '',
  farEnd: 'none',
  arms,
  pass: [],
  findings: [],
});

const outline = (name: string, ...endpoints: string[]): ArmOutline => ({
  name,
  via: 'direct',
  endpoints,
  target: '',
  peakPerSec: undefined,
  attempts: 1,
});

describe('isPublicAddress', () => {
  it.each([
    '127.0.0.1',
    '127.8.9.10',
    '0.0.0.0',
    '10.255.255.255',
    '172.16.0.1',
    '172.31.255.254',
    '192.168.1.1',
    '100.64.0.1',
    '169.254.1.1',
    '192.0.2.7',
    '198.51.100.7',
    '203.0.113.7',
    '198.19.255.255',
    '::',
    '::1',
    'fe80::1',
    'fd00::1',
    '2001:db8::1',
    '::ffff:10.0.0.1',
  ])('takes %s for private', (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });

  it.each([
    '9.255.255.255',
    '11.0.0.0',
    '172.15.255.255',
    '172.32.0.0',
    '192.169.0.1',
    '100.63.255.255',
    '100.128.0.0',
    '126.255.255.255',
    '198.20.0.0',
    '93.184.216.34',
    '::2',
    '2606:2800:220:1::1',
    'fec0::1',
    '64:ff9b::10.0.0.1',
    '::ffff:93.184.216.34',
  ])('takes %s for public', (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });
});

describe('isPublicHost', () => {
  it.each([
    'intranet',
    'localhost',
    'a.localhost',
    'origin.test',
    'nas.local',
    'x.internal',
    'pi.home.arpa',
    '10.0.0.1',
  ])('takes %s for private', (host) => {
    expect(isPublicHost(host)).toBe(false);
  });

  it.each([
    'www.example.com',
    'mytest',
    'contest',
    'nottest.com',
    'test.com',
    '8.8.8.8',
  ])('judges %s by its ending', (host) => {
    expect(isPublicHost(host)).toBe(host.includes('.'));
  });
});

describe('findPublicHosts', () => {
  it('names a host as the scenario writes it when one of its addresses is public', () => {
    const hosts = findPublicHosts(scenario(arm({})), [outline('stress', '10.0.0.1:80', '93.184.216.34:80')]);
    expect(hosts).toEqual([{ host: 'www.example.com', because: 'arm stress connects to 93.184.216.34' }]);
  });

  it('asks for nothing where a public name resolves to private addresses', () => {
    expect(findPublicHosts(scenario(arm({})), [outline('stress', '192.168.1.5:80')])).toEqual([]);
  });

  it('reads addresses out of brackets', () => {
    const ula = findPublicHosts(scenario(arm({})), [outline('stress', '[fd00::5]:80')]);
    const global = findPublicHosts(scenario(arm({})), [outline('stress', '[2606:2800::5]:80')]);
    expect(ula).toEqual([]);
    expect(global).toHaveLength(1);
  });

  it('counts what a private proxy is asked to fetch: the requests reach it all the same', () => {
    const proxied = arm({ via: 'proxy', proxy: { host: 'proxy.corp.internal', port: 3128 } });
    const hosts = findPublicHosts(scenario(proxied), [outline('stress', '10.1.1.1:3128')]);
    expect(hosts).toEqual([{ host: 'www.example.com', because: 'arm stress asks the proxy for it' }]);
  });

  it('counts the hosts that pages name, which the proxy is asked for as well', () => {
    const page = {
      objects: 9,
      paths: [],
      hosts: [{ host: 'cdn.example.com' }, { standIn: 1 }, { host: '10.0.0.9' }],
    };
    const load = { kind: 'browsers', page } as unknown as Arm['load'];
    const proxied = arm({ via: 'proxy', proxy: { host: 'proxy.corp.internal', port: 3128 }, load });
    const hosts = findPublicHosts(scenario(proxied), [outline('stress', '10.1.1.1:3128')]);
    expect(hosts.map(({ host }) => host)).toEqual(['www.example.com', 'cdn.example.com']);
  });

  it('names a public proxy and its public target, each once over all arms', () => {
    const proxied = (name: string): Arm =>
      arm({ name, via: 'proxy', proxy: { host: 'Proxy.Example.COM', port: 3128 } });
    const hosts = findPublicHosts(scenario(proxied('a'), proxied('b')), [
      outline('a', '93.184.216.34:3128'),
      outline('b', '93.184.216.34:3128'),
    ]);
    expect(hosts.map(({ host }) => host)).toEqual(['proxy.example.com', 'www.example.com']);
  });

  it('asks for nothing with the embedded far end', () => {
    const embedded = { ...scenario(arm({})), farEnd: 'embedded' } as const;
    expect(findPublicHosts(embedded, [outline('stress', '127.0.0.1:1')])).toEqual([]);
  });
});
