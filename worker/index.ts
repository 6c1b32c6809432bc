import { DefaultLogger, Runtime } from '@temporalio/worker';
import type { Worker } from '@temporalio/worker';
import { temporalAddress } from './address.ts';
import { connectWorker } from './connect.ts';
import { createWorkers } from './worker.ts';

export interface WorkerOptions {
  queues?: readonly string[];
  /** Called once, when every queue is polled. */
  onReady(ready: { temporal: string; namespace: string; queues: string[]; pid: number }): void;
  log(line: string): void;
  /** Aborted: take no new work, finish what is under way, return. */
  signal: AbortSignal;
}

/**
 * Serves the task queues until `signal` is aborted, then drains: an attempt that is under way may finish.
 * Waits for Temporal if it is not there yet.
 */
export async function runWorker({ queues, onReady, log, signal }: WorkerOptions): Promise<void> {
  // Signals are the caller's business: it may run other things beside this worker.
  Runtime.install({
    shutdownSignals: [],
    logger: new DefaultLogger('WARN', ({ level, message, meta }) => {
      if (/^No workflows registered/.test(message)) return; // so it is meant: cloud calls only
      const error: unknown = meta?.['error'];
      log(`${level} ${message}${error instanceof Error ? `: ${error.message}` : ''}`);
    }),
  });
  const { address, namespace } = temporalAddress();
  const connection = await connectWorker({ signal, log });
  const workers = await createWorkers({ connection, namespace, ...(queues ? { queues } : {}) });
  const stop = () => workers.filter(isRunning).forEach((worker) => worker.shutdown());
  signal.addEventListener('abort', stop, { once: true });
  const running = Promise.all(workers.map((worker) => worker.run()));
  onReady({
    temporal: address,
    namespace,
    queues: workers.map((worker) => worker.options.taskQueue),
    pid: process.pid,
  });
  if (signal.aborted) stop();
  try {
    await running;
  } finally {
    stop();
    await connection.close().catch(() => undefined);
  }
}

const isRunning = (worker: Worker) => worker.getState() === 'RUNNING';
