import { loadClientConnectConfig } from '@temporalio/envconfig';
import { NativeConnection } from '@temporalio/worker';

/** Where Temporal is, from the environment or a profile (envconfig); said aloud, never guessed in silence. */
export function temporalAddress(): { address: string; namespace: string } {
  const config = loadClientConnectConfig();
  return {
    address: config.connectionOptions.address ?? 'localhost:7233',
    namespace: config.namespace ?? 'default',
  };
}

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
