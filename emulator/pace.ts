/** Turns the clouds' durations into real ones: `--time-scale 60` makes a minute of a cloud last a second. */
export interface Pace {
  readonly timeScale: number;
  /** Real milliseconds that so many emulated seconds take. */
  realMs(emulatedSeconds: number): number;
}

/** The pace of all lifecycles and lags. Neither HTTP timeouts nor the business clock go by it. */
export function createPace(timeScale: number): Pace {
  return { timeScale, realMs: (emulatedSeconds) => (emulatedSeconds * 1000) / timeScale };
}
