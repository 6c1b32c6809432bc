import { execFile } from 'node:child_process';
import type { Scene } from './scenes.ts';

export interface CliAnswer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Temporal's own command line, as people use it who have never met our client. Never rejects. */
export function temporalCli({ harness }: Scene, ...words: string[]): Promise<CliAnswer> {
  const { temporal, client } = harness;
  const where = ['--address', temporal.address, '--namespace', client.options.namespace];
  return new Promise((resolve) => {
    execFile(
      temporal.binary,
      [...words, ...where, '--disable-config-file', '--color', 'never'],
      { timeout: 60_000 },
      (error, stdout, stderr) =>
        resolve({ code: error ? Number(error.code ?? 1) : 0, stdout, stderr }),
    );
  });
}
