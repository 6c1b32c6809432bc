import { createServer } from 'node:net';
import type { Endpoint } from './engines/engine.ts';
import { seededRandom } from './random.ts';

/** Port of every emulated PostgreSQL, as the cloud's own. */
const postgresPort = 5432;

/** Whether nothing listens there and the address exists on this system. */
function probe(endpoint: Endpoint): Promise<'free' | 'taken' | 'no such address'> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) =>
      resolve(error.code === 'EADDRNOTAVAIL' ? 'no such address' : 'taken'),
    );
    server.listen({ host: endpoint.address, port: endpoint.port }, () =>
      server.close(() => resolve('free')),
    );
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen({ host: '127.0.0.1', port: 0 }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

/** The n-th choice of an address for one instance: 127.x.y.z, never 127.0.0.1. */
export function loopbackAddress(label: string, attempt = 0): Endpoint {
  const random = seededRandom(label);
  const octet = (name: string, low: number) => random.whole([low, 254], `${name} ${attempt}`);
  return {
    address: `127.${octet('second', 1)}.${octet('third', 0)}.${octet('fourth', 2)}`,
    port: postgresPort,
  };
}

/**
 * An address of its own for one instance. The label holds the emulator's port, so that two emulators
 * on one machine choose different ones; where a system has only 127.0.0.1 (macOS), it is a free port.
 */
export async function freeEndpoint(label: string): Promise<Endpoint> {
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const endpoint = loopbackAddress(label, attempt);
    const state = await probe(endpoint);
    if (state === 'free') return endpoint;
    if (state === 'no such address') break;
  }
  return { address: '127.0.0.1', port: await freePort() };
}
