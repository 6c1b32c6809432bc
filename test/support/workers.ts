import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import {
  DefaultLogger,
  makeTelemetryFilterString,
  NativeConnection,
  Runtime,
} from '@temporalio/worker';
import { createWorkers } from '../../worker/worker.ts';

export interface RunningWorkers {
  stop(): Promise<void>;
}

/** Attempts that fail are what these tests are about: only the unexpected is worth a line. */
export function installQuietRuntime(): void {
  try {
    Runtime.install({
      shutdownSignals: [],
      logger: new DefaultLogger('ERROR'),
      telemetryOptions: { logging: { filter: makeTelemetryFilterString({ core: 'ERROR' }) } },
    });
  } catch {
    // Another test of this process was first; then its choice holds.
  }
}

/** The product's own workers, all queues, in this process. */
export async function startWorkers(where: {
  address: string;
  namespace: string;
}): Promise<RunningWorkers> {
  installQuietRuntime();
  const connection = await NativeConnection.connect({ address: where.address });
  const workers = await createWorkers({ connection, namespace: where.namespace });
  const running = Promise.all(workers.map((worker) => worker.run()));
  let stopping: Promise<void> | undefined;
  const stop = async () => {
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
    await running.catch(() => undefined);
    await connection.close();
  };
  return { stop: () => (stopping ??= stop()) };
}

const program = fileURLToPath(new URL('../../client/index.js', import.meta.url));

export interface WorkerProcess {
  readonly pid: number;
  /** SIGKILL, as a crash or the machine's end would; resolves when it is gone. */
  kill(): Promise<void>;
  /** SIGSTOP: frozen, as a paused virtual machine. */
  freeze(): void;
  thaw(): void;
}

/** `lifeboat worker` as people start it, with an environment of its own; resolves when it serves. */
export async function startWorkerProcess(where: {
  address: string;
  namespace: string;
  config: string;
  timeScale: number;
}): Promise<WorkerProcess> {
  const child = spawn(process.execPath, [program, 'worker', '--json'], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      TEMPORAL_ADDRESS: where.address,
      TEMPORAL_NAMESPACE: where.namespace,
      LIFEBOAT_CONFIG: where.config,
      LIFEBOAT_TIME_SCALE: String(where.timeScale),
      LIFEBOAT_LOOPBACK_ONLY: '1',
    },
  });
  const gone = once(child, 'exit');
  const kill = async () => {
    child.kill('SIGKILL');
    await gone;
  };
  process.once('exit', () => child.kill('SIGKILL'));
  await readyLine(child);
  return {
    pid: child.pid ?? 0,
    kill,
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
  };
}

async function readyLine(child: ChildProcess): Promise<void> {
  const lines = createInterface({ input: child.stdout! });
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`the worker process ended with ${String(code)} before it served`);
  });
  ended.catch(() => undefined);
  await Promise.race([once(lines, 'line'), ended]);
}
