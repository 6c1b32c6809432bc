/** Returns a function that runs at most `limit` pieces of work at a time, in the order they came. */
export function createGate(limit: number): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let busy = 0;
  return async (work) => {
    if (busy >= limit) await new Promise<void>((go) => waiting.push(go));
    else busy += 1;
    try {
      return await work();
    } finally {
      const next = waiting.shift(); // takes over our place
      if (next) next();
      else busy -= 1;
    }
  };
}
