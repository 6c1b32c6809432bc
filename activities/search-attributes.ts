import { Context } from '@temporalio/activity';

/** All Keyword. Registered by `lifeboat dev`, or once by hand (docs/temporal.md). */
export const searchAttributes = [
  'LifeboatType',
  'LifeboatPhase',
  'LifeboatSource',
  'LifeboatRestoreId',
  'LifeboatOutcome',
] as const;

/**
 * Which of ours this namespace knows. Upserting an unknown one leaves a run stuck with nothing to see, so a
 * server that cannot say counts as knowing none.
 */
export async function registeredSearchAttributes(): Promise<string[]> {
  const { client, info } = Context.current();
  try {
    const { customAttributes } = await client.connection.operatorService.listSearchAttributes({
      namespace: info.namespace,
    });
    return searchAttributes.filter((name) => name in customAttributes);
  } catch {
    return [];
  }
}
