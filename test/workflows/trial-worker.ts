import { fileURLToPath } from 'node:url';
import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import {
  bundleWorkflowCode,
  DefaultLogger,
  NativeConnection,
  Runtime,
  Worker,
} from '@temporalio/worker';
import type { WorkflowBundle } from '@temporalio/worker';
import { startTemporal } from '../support/temporal.ts';

export interface TrialWorker {
  client: Client;
  taskQueue: string;
  close(): Promise<void>;
}

/** The failures that these tests make on purpose are no news. One runtime serves the whole mocha process. */
function sayErrorsOnly(): void {
  try {
    Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [] });
  } catch {
    // another test was first: its logger stays
  }
}

let bundle: Promise<WorkflowBundle> | undefined;

/** A real worker for the workflows of trials.ts, with activities of the test, on a task queue of its own. */
export async function startTrialWorker(activities: object): Promise<TrialWorker> {
  const temporal = await startTemporal();
  const workflowsPath = fileURLToPath(new URL('./trials.js', import.meta.url));
  sayErrorsOnly();
  bundle ??= bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') });
  const taskQueue = `trials-${randomUUID()}`;
  const native = await NativeConnection.connect({ address: temporal.address });
  const { namespace } = temporal;
  const worker = await Worker.create({
    ...{ connection: native, namespace, taskQueue, activities },
    workflowBundle: await bundle,
  });
  const running = worker.run();
  const connection = await Connection.connect({ address: temporal.address });
  return {
    client: new Client({ connection, namespace }),
    taskQueue,
    close: async () => {
      worker.shutdown();
      await running;
      await connection.close();
      await native.close();
    },
  };
}
