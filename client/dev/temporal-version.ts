import { execFile } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { TemporalStack } from './local-stack.ts';

const answerDeadlineMs = 10_000;

export interface TemporalVersion {
  /** Of the command line program, e.g. "1.9.1". */
  readonly cli: string;
  /** Of the server inside it, e.g. "1.32.0". */
  readonly server: string;
}

/** Runs `temporal --version`. Rejects with one line if it cannot run, hangs for 10 s or says anything else. */
export async function askVersion(program: string): Promise<TemporalVersion> {
  const answer = await run(program);
  const match = /^temporal version (\d+\.\d+\.\d+\S*) \(Server (\d+\.\d+\.\d+)/.exec(answer);
  if (!match?.[1] || !match[2]) {
    throw new Error(
      `does not answer as the Temporal CLI: "${answer.split('\n')[0]?.slice(0, 80)}"`,
    );
  }
  return { cli: match[1], server: match[2] };
}

/** Why a version won't do, or undefined if it will: from the minimum on, below the next major. */
export function whyNotVersion(
  seen: TemporalVersion,
  wanted: Pick<TemporalStack, 'version' | 'minimumVersion'>,
): string | undefined {
  const minimum = numbers(wanted.minimumVersion);
  const cli = numbers(seen.cli);
  if (compare(cli, minimum) >= 0 && cli[0] === numbers(wanted.version)[0]) return undefined;
  return `is version ${seen.cli}; wanted ${wanted.version}, or ${wanted.minimumVersion} and newer`;
}

async function run(program: string): Promise<string> {
  for (let tries = 1; ; tries++) {
    try {
      const { stdout } = await promisify(execFile)(program, ['--version'], {
        timeout: answerDeadlineMs,
        killSignal: 'SIGKILL',
      });
      return stdout.trim();
    } catch (error) {
      const { code, killed } = error as { code?: unknown; killed?: boolean };
      // A child forked while the file was being written holds it open for writing until its own exec.
      if (code === 'ETXTBSY' && tries < 20) {
        await delay(50);
        continue;
      }
      if (killed) throw new Error(`did not answer --version within ${answerDeadlineMs / 1000} s`);
      if (code === 'ENOENT') throw new Error('does not exist');
      if (code === 'EACCES') throw new Error('is not executable');
      throw new Error(`cannot run: ${firstLine((error as Error).message)}`);
    }
  }
}

const firstLine = (text: string): string => text.split('\n').find((line) => line.trim()) ?? text;

const numbers = (version: string): number[] => version.split(/[.-]/).slice(0, 3).map(Number);

function compare(left: number[], right: number[]): number {
  const index = left.findIndex((part, at) => part !== right[at]);
  return index < 0 ? 0 : (left[index] ?? 0) - (right[index] ?? 0);
}
