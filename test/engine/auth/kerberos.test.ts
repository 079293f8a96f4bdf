import { expect, it, vi } from 'vitest';
import { loadKerberos } from '../../../src/engine/auth/kerberos.ts';
import { EnvironmentError } from '../../../src/errors.ts';

vi.mock('kerberos', () => {
  throw new Error("Cannot find package 'kerberos'\nRequire stack: ...");
});

it('without its package Negotiate says what brings it, with exit code 5', async () => {
  const error: unknown = await loadKerberos().catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(EnvironmentError);
  const { message, hint, exitCode } = error as EnvironmentError;
  expect(exitCode).toBe(5);
  expect(message).toContain('Negotiate needs the npm package kerberos, which could not be loaded');
  expect(message).not.toContain('\n');
  expect(hint).toContain('libkrb5-dev');
  expect(hint).toContain('npm rebuild kerberos');
});
