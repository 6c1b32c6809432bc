/** How every `lifeboat` command ends. Scripts and runbooks rely on these numbers (docs/cli.md). */
export const exitCodes = {
  succeeded: 0,
  failedAndClean: 1,
  refused: 2,
  leftBehind: 3,
  temporalUnreachable: 4,
  cancelledAndClean: 5,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

export type CliFailure = Error & { readonly exitCode: ExitCode };

/** An error whose message is all that the user sees: what was wanted, what was seen, what to do. */
export function cliFailure(message: string, exitCode: ExitCode = exitCodes.refused): CliFailure {
  return Object.assign(new Error(message), { exitCode });
}

export function isCliFailure(error: unknown): error is CliFailure {
  return error instanceof Error && typeof (error as Partial<CliFailure>).exitCode === 'number';
}
