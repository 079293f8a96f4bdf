import { createPortableEngine } from '../../src/engine/portable/engine.ts';
import { createRawEngine } from '../../src/engine/raw/engine.ts';
import { suiteNeeding } from '../support/suite-needing.ts';
import { describeEngine } from './engine-contract.ts';

suiteNeeding('the engine contract on Linux', ['linux'], () => {
  describeEngine('raw engine', createRawEngine, true);
  describeEngine('portable engine', createPortableEngine, true);
});

suiteNeeding('the engine contract on io_uring', ['linux', 'io_uring'], () => {
  describeEngine('raw engine', (options) => createRawEngine({ ...options, reactor: 'io_uring' }), true);
});
