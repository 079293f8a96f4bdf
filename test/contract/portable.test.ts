import { describe } from 'vitest';
import { createPortableEngine } from '../../src/engine/portable/engine.ts';
import { describeTls } from './tls.ts';
import { describeTunnels } from './tunnels.ts';

/** What only the engine over Node's own sockets can do. */
describe('portable engine', () => {
  describeTunnels(createPortableEngine);
  describeTls(createPortableEngine);
});
