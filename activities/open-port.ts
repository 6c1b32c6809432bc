import { connect } from 'node:net';

/**
 * Whether this worker can open a TCP connection to a database. Never throws: a worker outside the network
 * says so, and the restore is none the worse for it.
 */
export function findOpenPort(endpoint: {
  host: string;
  port: number;
}): Promise<{ ok: boolean; seen: string }> {
  const { host, port } = endpoint;
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 5000 });
    const end = (ok: boolean, seen: string) => {
      socket.destroy();
      resolve({ ok, seen: `${host}:${port} ${seen}` });
    };
    socket.once('connect', () => end(true, 'open'));
    socket.once('timeout', () => end(false, 'no answer in 5 s from this worker’s network'));
    socket.once('error', (error: NodeJS.ErrnoException) => end(false, error.code ?? error.message));
  });
}
