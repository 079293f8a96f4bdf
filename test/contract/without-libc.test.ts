import { vi } from 'vitest';
import { createPortableEngine } from '../../src/engine/portable/engine.ts';
import { describeEngine } from './engine-contract.ts';

/** As on macOS and Windows: Node alone makes, binds and connects the sockets. */
vi.mock('../../src/net/index.ts', async (importOriginal) => ({
  ...(await importOriginal<object>()),
  isLibcAvailable: () => false,
}));

describeEngine('portable engine without the C library', createPortableEngine, false);
