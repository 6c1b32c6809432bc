/** Deeper than any request of a cloud; what walks a value level by level must not meet more. */
const deepest = 32;

/** Whether a value that came from outside is nested so deeply that walking it could exhaust the stack. */
export function isTooDeep(value: unknown): boolean {
  let level = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > deepest) return true;
    level = level.flatMap((item): unknown[] =>
      typeof item === 'object' && item !== null ? Object.values(item) : [],
    );
  }
  return false;
}
