/** Asks again every 100 ms until the answer is yes; fails with the claim after `withinMs`. */
export async function until(
  claim: string,
  isTrue: () => Promise<boolean>,
  withinMs = 30_000,
): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!(await isTrue())) {
    if (Date.now() > deadline) throw new Error(`Not so within ${withinMs / 1000} s: ${claim}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
