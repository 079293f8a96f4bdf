import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import {
  addSinkOptions,
  type ChosenSinks,
  readSinks,
  type SinkFlags,
} from '../../src/cli/flags/sink-flags.ts';
import { UsageError } from '../../src/errors.ts';
import { createFakeHost } from '../cli/fake-host.ts';
import { makeSpool } from './seconds.ts';

function read(args: readonly string[], env: Record<string, string> = {}, cwd = '/nowhere'): ChosenSinks {
  const command = addSinkOptions(new Command()).exitOverride();
  command.parse(args, { from: 'user' });
  return readSinks(command.opts<SinkFlags>(), createFakeHost({ env, cwd }));
}

const V1 = 'influxdb://127.0.0.1/rushhour';
const V2 = 'influxdb2://127.0.0.1/school/rushhour';

describe('sinks of the command line', () => {
  it('are none unless named, by flags or else by the environment, each once', () => {
    expect(read([])).toEqual({ specs: [], secrets: {} });
    const env = { RUSHHOUR_SINKS: `  ${V1} prometheus://\n${V1} ` };
    expect(read([], env).specs.map(({ kind }) => kind)).toEqual(['influxdb', 'prometheus']);
    expect(read(['--sink', V2, '--sink', 'pushgateway://h'], env).specs.map(({ kind }) => kind)).toEqual([
      'influxdb2',
      'pushgateway',
    ]);
    expect(read(['--sink', 'none'], env).specs).toEqual([]);
  });

  it('take secrets from a variable or a file, and each only for its kind', () => {
    const cwd = makeSpool();
    writeFileSync(join(cwd, 'token'), 't0ken\n');
    const env = { DB_USER: 'bob:hunter2:x', RUSHHOUR_SINK_TOKEN: 'other' };
    expect(read(['--sink', V2, '--sink-token', '@token'], env, cwd).secrets).toEqual({ token: 't0ken' });
    expect(read(['--sink', V2], env).secrets).toEqual({ token: 'other' });
    expect(read(['--sink', V1, '--sink-user', 'env:DB_USER'], env).secrets).toEqual({
      user: 'bob:hunter2:x',
    });
    expect(read(['--sink', 'prometheus://'], env).secrets).toEqual({});
  });

  it('are asked for in UTF-8, and sent as nothing else', () => {
    const cwd = makeSpool();
    writeFileSync(join(cwd, 'user'), Buffer.from('\nm\xfcller:geheim\n', 'latin1'));
    const args = (where: string) => ['--sink', V1, '--sink-user', where];
    expect(() => read(args('@user'), {}, cwd)).toThrow('--sink-user @user: line 2 is not UTF-8');
    // A variable reaches the program decoded.
    expect(() => read(args('env:DB'), { DB: 'm\uFFFDller:geheim' })).toThrow(
      '--sink-user: the value found is not UTF-8',
    );
    writeFileSync(join(cwd, 'user'), 'müller:geheim');
    expect(read(args('@user'), {}, cwd).secrets).toEqual({ user: 'müller:geheim' });
  });

  it.each([
    [['--sink', 'nonsense'], {}, '--sink: this is not a sink', 'influxdb://'],
    [[], { RUSHHOUR_SINKS: 'nonsense' }, 'RUSHHOUR_SINKS: this is not a sink', 'influxdb://'],
    [['--sink', V2, '--sink-token', 'hunter2'], {}, 'does not say where', '--sink-token env:NAME'],
    [['--sink', V1, '--sink-user', 'bob:hunter2'], {}, 'does not say where', '--sink-user @file'],
    [['--sink', V1, '--sink-user', 'env:U'], {}, 'the variable U is empty', 'put user:password'],
    [['--sink', V1, '--sink-user', 'env:U'], { U: 'hunter2' }, 'is not user:password', 'a colon'],
    [['--sink', V2, '--sink-token', 'env:T'], { T: 'hunter2\r\nHost: x' }, 'line break', 'on one line'],
    [['--sink', V2], { RUSHHOUR_SINK_TOKEN: 'hunter2\nx' }, 'RUSHHOUR_SINK_TOKEN: ', 'on one line'],
    [['--sink', V2, '--sink-token', '@missing'], {}, 'cannot be read (ENOENT', 'check the path'],
    [['--sink', V1, '--sink-token', 'env:T'], { T: 'hunter2' }, '--sink-token needs', 'influxdb2://'],
    [['--sink', V2, '--sink-user', 'env:T'], { T: 'b:hunter2' }, '--sink-user needs', 'influxdb://'],
  ] as const)('%j with %j are refused without the secret', (args, env, why, cure) => {
    let fault: unknown;
    try {
      read(args, env);
    } catch (error) {
      fault = error;
    }
    expect(fault).toBeInstanceOf(UsageError);
    const { message, hint } = fault as UsageError;
    expect(message).toContain(why);
    expect(hint).toContain(cure);
    expect(message + hint).not.toContain('hunter2');
  });
});
