import { randomInt } from 'node:crypto';
import { connect, createServer } from 'node:net';
import { cliFailure } from '../exit.ts';
import type { LocalStack } from './local-stack.ts';
import { portHolder } from './port-holder.ts';

/**
 * Refuses ports that cannot be had, before anything is started, in one line each: which port for what,
 * who holds it if that can be known, and the flag that chooses another.
 */
export async function refuseBusyPorts({ temporal, emulator }: LocalStack): Promise<void> {
  const ports = [
    { ip: temporal.ip, port: temporal.port, purpose: 'Temporal', flag: '--temporal-port' },
    { ip: temporal.ip, port: temporal.uiPort, purpose: "Temporal's UI", flag: '--ui-port' },
    { ip: '127.0.0.1', port: emulator.port, purpose: 'the emulator', flag: '--emulator-port' },
  ];
  const taken: string[] = [];
  for (const { ip, port, purpose, flag } of ports) {
    const twin = ports.find((other) => other.port === port);
    if (twin && twin.flag !== flag) {
      taken.push(`${twin.flag} and ${flag} are both ${port}: they must differ.`);
    } else if (await isBusy({ ip, port })) {
      const holder = await portHolder(port);
      const who = holder ? ` by ${holder}` : '';
      taken.push(`Port ${port} (${purpose}) is taken${who}. Stop that, or choose: ${flag} <port>`);
    }
  }
  if (taken.length > 0) throw cliFailure(taken.join('\n'));
}

/**
 * A port on loopback that nobody holds now, for tests and the demo. Below 32000: a port of the range
 * that the system gives to outgoing connections could be taken by a client while its server restarts,
 * even by that server's own client connecting to itself.
 */
export async function freePort(ip = '127.0.0.1'): Promise<number> {
  for (let tries = 0; tries < 100; tries++) {
    const port = randomInt(20_000, 32_000);
    if (!(await isBusy({ ip, port }))) return port;
  }
  throw new Error('no free port found between 20000 and 32000');
}

async function isBusy({ ip, port }: { ip: string; port: number }): Promise<boolean> {
  // Connecting finds a listener on every address (macOS lets 127.0.0.1 be bound beside 0.0.0.0);
  // binding finds a port that is held without listening.
  return (await accepts({ ip, port })) || !(await canBind({ ip, port }));
}

/** Whether something accepts connections there right now. */
export function accepts({ ip, port }: { ip: string; port: number }): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: ip, port });
    const answer = (accepted: boolean) => {
      socket.destroy();
      resolve(accepted);
    };
    socket.setTimeout(1000, () => answer(false));
    socket.once('connect', () => answer(true));
    socket.once('error', () => answer(false));
  });
}

function canBind({ ip, port }: { ip: string; port: number }): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ host: ip, port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
