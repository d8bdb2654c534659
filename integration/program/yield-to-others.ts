import { constants, setPriority } from 'node:os';

/** From now on this thread and those that it starts get only what others leave: for work on virtual time, which may take its time. */
export function yieldToOthers(): void {
  try {
    setPriority(constants.priority.PRIORITY_LOW);
  } catch {
    // Whoever may not lower a priority takes turns as everybody.
  }
}
