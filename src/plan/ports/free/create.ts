import type { RandomBelow } from '../../../random.ts';
import type { SourcePlan } from '../types.ts';
import type { FreeSlots } from './free-slots.ts';
import { NewestFirstSlots } from './newest-first.ts';
import { OldestFirstSlots } from './oldest-first.ts';
import { SequentialSlots } from './sequential.ts';
import { ShuffledSlots } from './shuffled.ts';

/** Creates `size` free slots in the order that a plan specifies. */
export function createFreeSlots(plan: SourcePlan, size: number, random: RandomBelow): FreeSlots {
  // The slot freed last has exceeded its age by the least.
  if (plan.reuseExactlyUs !== undefined) {
    return new NewestFirstSlots(
      plan.order === 'random' ? new ShuffledSlots(size, random) : new SequentialSlots(size),
    );
  }
  switch (plan.order) {
    case 'sequential':
      return new SequentialSlots(size);
    case 'random':
      return new ShuffledSlots(size, random);
    case 'mru':
      return new NewestFirstSlots(new SequentialSlots(size));
    case 'lru':
      return new OldestFirstSlots(size);
  }
}
