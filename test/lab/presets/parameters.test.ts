import { describe, expect, it } from 'vitest';
import { chooseEndpoints } from '../../../src/cli/flags/lab-endpoints.ts';
import { clientAddress } from '../../../src/lab/addresses.ts';
import { fillFacts } from '../../../src/lab/enter.ts';
import { PRESETS, readPreset } from '../../../src/lab/presets/index.ts';
import { originalPort } from '../../../src/lab/tcp-relay/protocol.ts';

describe('presets', () => {
  it('have names of their own, a symptom, and what they mimic', () => {
    const names = PRESETS.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const { symptom, mimics } of PRESETS)
      expect([symptom, mimics].every((text) => text.length > 20)).toBe(true);
  });

  it.each(
    PRESETS.map((preset) => [preset.name, preset] as const),
  )('%s reads back what it says of itself', (_, preset) => {
    const { settings } = preset.configure([]);
    const again = preset.configure(Object.entries(settings).map(([key, value]) => ({ key, value })));
    expect(again.settings).toEqual(settings);
  });
});

describe('a preset as written', () => {
  it.each([
    ['timewait-1s', [], { t: '1s', ports: '0', pick: 'in-turn', timestamps: 'off', clients: '10' }],
    ['timewait-1s:5', [], { t: '5s', ports: '0', pick: 'in-turn', timestamps: 'off', clients: '10' }],
    [
      'small-nat-pool:2000',
      [],
      { ports: '2000', t: '2m', rst: '10s', pick: 'in-turn', timestamps: 'on', clients: '10' },
    ],
    [
      'small-nat-pool:2000,t=90s',
      ['clients=3'],
      { ports: '2000', t: '90s', rst: '10s', pick: 'in-turn', timestamps: 'on', clients: '3' },
    ],
    [
      'timewait-1s:t=5s',
      ['t=7s'],
      { t: '7s', ports: '0', pick: 'in-turn', timestamps: 'off', clients: '10' },
    ],
    ['random-loss:2.5%', [], { loss: '2.5%', direction: 'out', timestamps: 'on', clients: '10' }],
    ['latency:rtt=250ms', [], { rtt: '250ms', how: 'auto', timestamps: 'on', clients: '10' }],
  ])('%s with %j is %j', (argument, settings, expected) => {
    expect(readPreset(argument, settings).settings).toEqual(expected);
  });

  it.each([
    ['timewait-2s', [], 'There is no lab preset "timewait-2s".', 'did you mean "timewait-1s"?'],
    ['timewait-1s:tt=5', [], 'Preset timewait-1s has no parameter "tt".', 'did you mean "t"?'],
    ['timewait-1s:t=1.5s', [], 'Preset timewait-1s: t=1.5s is out of range.', /whole seconds from 1s to 10m/],
    ['timewait-1s:t=soon', [], 'Preset timewait-1s: t=soon is out of range.', /whole seconds/],
    [
      'small-nat-pool:0',
      [],
      'Preset small-nat-pool: ports=0 is out of range.',
      /a whole number from 1 to 12000/,
    ],
    ['random-loss:loss=200%', [], 'Preset random-loss: loss=200% is out of range.', /from 0.01% to 100%/],
    [
      'random-loss',
      ['direction=up'],
      'Preset random-loss: direction=up is out of range.',
      /out or in or both/,
    ],
    ['proxy-restart:every=2s,away=3s', [], 'Preset proxy-restart: away=3s is not below every=2s.', /be back/],
    ['syn-flood:high=50,low=60', [], 'Preset syn-flood: low=60 is above high=50.', /lower rate/],
  ])('%s with %j is refused: %s', (argument, settings, message, hint) => {
    expect(() => readPreset(argument, settings)).toThrow(
      expect.objectContaining({
        message,
        hint: typeof hint === 'string' ? hint : expect.stringMatching(hint),
        exitCode: 2,
      }),
    );
  });
});

describe('the facts of a lab', () => {
  it('are filled in by name, and anything else in braces stays', () => {
    const args = ['--target', 'tcp://{closed}', '--set=a.bind=[{clients}]', '{proxy2}', '{nonce}'];
    expect(fillFacts(args, 2)).toEqual([
      ...['--target', 'tcp://10.20.0.2:9', '--set=a.bind=[10.10.1.1,10.10.1.2]', '10.20.0.2:3129', '{nonce}'],
    ]);
  });
});

describe('a scenario run in a lab', () => {
  const proxy = '10.20.0.2:3128';
  const target = 'http://10.20.0.2:8080/';

  it.each([
    ['steady', ['--rate', '5/s'], { proxy, target }],
    ['steady', ['--proxy=10.20.0.2:3129'], { target }],
    ['steady', ['--proxy', '10.20.0.2:3129', '--target', 'http://10.20.0.2:8081/'], {}],
    ['closed-port', ['--target', 'tcp://10.20.0.2:9'], {}],
    ['hold', [], { proxy }],
    ['quickstart', [], { proxy, target }],
    ['steady', ['--rat', '5/s'], { proxy, target }],
  ])('%s with %j is given %j', async (scenario, flags, endpoints) => {
    expect(await chooseEndpoints(scenario, flags, '/nowhere', undefined)).toEqual(endpoints);
  });

  it.each([
    ['small-nat-pool:150', 'first-bell', [], ['natPorts=150']],
    ['timewait-1s:ports=700+random-loss:2%', 'first-bell', [], ['natPorts=700']],
    ['timewait-60s:ports=700', 'first-bell', [], ['natPorts=700']],
    ['timewait-1s-lenient:ports=700', 'first-bell', [], ['natPorts=700']],
    ['timewait-1s-rst-drop:ports=700', 'first-bell', [], ['natPorts=700']],
    ['timewait-1s', 'first-bell', [], undefined],
    ['small-nat-pool:150', 'first-bell', ['--set', 'natPorts=4000'], undefined],
    ['small-nat-pool:150', 'steady', [], undefined],
  ])('in %s, browsers of %s with %j are told of the NAT’s ports: %j', async (preset, scenario, flags, set) => {
    const { natPorts } = readPreset(preset);
    expect((await chooseEndpoints(scenario, flags, '/nowhere', natPorts)).set).toEqual(set);
  });
});

describe('addresses', () => {
  it('of clients stay off network and broadcast numbers', () => {
    expect([0, 199, 200, 999].map(clientAddress)).toEqual([
      '10.10.1.1',
      '10.10.1.200',
      '10.10.2.1',
      '10.10.5.200',
    ]);
  });

  it.each([
    ['10.99.0.9', 60_000, 9],
    ['10.99.0.56', 60_012, 3_128],
    ['10.99.0.255', 60_255, 65_535],
  ])('%s port %i stands for port %i', (address, port, original) => {
    expect(originalPort(address, port)).toBe(original);
  });
});
