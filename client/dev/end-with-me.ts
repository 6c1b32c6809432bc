import { spawn } from 'node:child_process';

/**
 * Ends a program (SIGTERM) as soon as this process is gone, however it went, SIGKILL included. For
 * programs that do not notice it themselves; our own children do, by their IPC channel. Does nothing
 * on Windows. Answers with the function that calls it off.
 */
export function endWithMe(pid: number): () => void {
  if (process.platform === 'win32') return () => undefined;
  // `read` returns when the pipe's other end, which only this process holds, is closed.
  const watcher = spawn('sh', ['-c', 'read -r _; kill -TERM "$0"', String(pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  watcher.once('error', () => undefined);
  watcher.unref();
  // An open pipe would keep this process alive; node's types do not know that it is a socket.
  (watcher.stdin as unknown as { unref?: () => void }).unref?.();
  return () => watcher.kill('SIGKILL');
}
