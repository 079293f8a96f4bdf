import { evaluate } from './evaluate.ts';
import type { Question } from './types.ts';

// A process of its own, so that whatever a script does to it can be ended.
process.once('message', async (question: Question) => {
  const reply = await evaluate(question);
  process.send?.(reply, () => process.exit());
});
