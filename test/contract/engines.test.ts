import { createPortableEngine } from '../../src/engine/portable/engine.ts';
import { createRawEngine } from '../../src/engine/raw/engine.ts';
import { suiteNeeding } from '../support/suite-needing.ts';
import { describeEngine } from './engine-contract.ts';

suiteNeeding('the engine contract on Linux', ['linux'], () => {
  describeEngine('raw engine', createRawEngine, true);
  describeEngine('portable engine', createPortableEngine, true);
});
