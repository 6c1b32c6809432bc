import { loadClientConnectConfig } from '@temporalio/envconfig';

/** Where Temporal is, from the environment or a profile (envconfig); said aloud, never guessed in silence. */
export function temporalAddress(): { address: string; namespace: string } {
  const config = loadClientConnectConfig();
  return {
    address: config.connectionOptions.address ?? 'localhost:7233',
    namespace: config.namespace ?? 'default',
  };
}
