import { loadClientConnectConfig } from '@temporalio/envconfig';
import { Client, Connection } from '@temporalio/client';
import { temporalAddress } from '../worker/address.ts';
import { cliFailure, exitCodes } from './exit.ts';

const connectWithinMs = 5000;

/**
 * Runs `body` with a client for the Temporal that the environment names, then hangs up. Fails with exit code 4
 * and one line when Temporal does not answer.
 */
export async function withTemporal<T>(body: (client: Client) => Promise<T>): Promise<T> {
  const { connectionOptions, namespace } = loadClientConnectConfig();
  const connection = await Connection.connect({
    ...connectionOptions,
    connectTimeout: connectWithinMs,
  }).catch((error: unknown) => {
    throw unreachable(error);
  });
  try {
    return await body(new Client({ connection, namespace: namespace ?? 'default' }));
  } catch (error) {
    throw isUnavailable(error) ? unreachable(error) : error;
  } finally {
    await connection.close();
  }
}

function unreachable(error: unknown) {
  const { address, namespace } = temporalAddress();
  const why = error instanceof Error ? error.message.split('\n')[0] : String(error);
  return cliFailure(
    `Temporal at ${address}/${namespace} does not answer (${why}). Is it running (lifeboat dev starts one here)? Is TEMPORAL_ADDRESS right?`,
    exitCodes.temporalUnreachable,
  );
}

/** gRPC status 14, however deep the client wrapped it. */
export function isUnavailable(error: unknown): boolean {
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  return code === 14 || (cause !== undefined && cause !== null && isUnavailable(cause));
}

/** The page of a run in Temporal's web UI, if LIFEBOAT_UI says where that is. */
export function uiLink(run: {
  namespace: string;
  workflowId: string;
  runId?: string;
}): string | undefined {
  const ui = process.env['LIFEBOAT_UI'];
  if (!ui) return undefined;
  const id = encodeURIComponent(run.workflowId);
  return `${ui}/namespaces/${run.namespace}/workflows/${id}${run.runId ? `/${run.runId}/history` : ''}`;
}
