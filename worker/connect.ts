import { loadClientConnectConfig } from '@temporalio/envconfig';
import { NativeConnection } from '@temporalio/worker';
import { temporalAddress } from './address.ts';

/** One connection per process, tried again until Temporal answers or `signal` aborts. */
export async function connectWorker(options: {
  signal: AbortSignal;
  log: (line: string) => void;
}): Promise<NativeConnection> {
  const { connectionOptions } = loadClientConnectConfig();
  const { address } = temporalAddress();
  for (;;) {
    options.signal.throwIfAborted();
    try {
      return await NativeConnection.connect(connectionOptions);
    } catch (error) {
      options.log(
        `Temporal at ${address} does not answer (${(error as Error).message}); trying again`,
      );
      await new Promise((resolve) => setTimeout(resolve, 2000));
    }
  }
}
