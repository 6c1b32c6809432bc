import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { withoutForeignSettings } from '../../client/dev/environment.ts';

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

const script = fileURLToPath(new URL('../../client/index.js', import.meta.url));

/** Runs the real `lifeboat` as a child process, with nobody at the keyboard. Never a key of ours in its environment. */
export function lifeboat(
  args: readonly string[],
  options: { env?: Record<string, string>; input?: string; directory?: string } = {},
): Promise<Ended> {
  const child = spawn(process.execPath, [script, ...args], {
    env: { ...withoutForeignSettings(process.env), NO_COLOR: '1', ...options.env },
    ...(options.directory ? { cwd: options.directory } : {}),
  });
  const ended: Ended = { code: null, stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (ended.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (ended.stderr += chunk.toString()));
  child.stdin.end(options.input ?? '');
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ ...ended, code }));
  });
}

/** A Temporal that nobody can reach. */
export const nowhere = { TEMPORAL_ADDRESS: '127.0.0.1:1' };
