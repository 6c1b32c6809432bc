import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';

/**
 * The failure vocabulary: the only place that builds failures on the activity side. A message says what
 * was wanted, what was seen, on which resource, and what to do. `details` carry ids and the cloud's
 * request id. No secret ever enters either.
 */
export interface FailureDetails {
  resource?: string;
  code?: string;
  requestId?: string;
  [key: string]: unknown;
}

/** Bytes. Temporal keeps 4 KB of a pending activity's failure, message, details and stack together. */
const longestMessage = 1500;

function shortened(message: string): string {
  const bytes = new TextEncoder().encode(message);
  if (bytes.length <= longestMessage) return message;
  // As a stream: a character that is cut in two is left out.
  return `${new TextDecoder().decode(bytes.subarray(0, longestMessage), { stream: true })}…`;
}

interface Making {
  type: string;
  message: string;
  details?: FailureDetails;
  nonRetryable?: boolean;
  retryInMs?: number;
  benign?: boolean;
}

function failure({ type, message, details, nonRetryable, retryInMs, benign }: Making) {
  const made = ApplicationFailure.create({
    type,
    message: shortened(message),
    nonRetryable: nonRetryable ?? false,
    ...(details ? { details: [details] } : {}),
    // An interval below 1 s takes 1 s anyway, and 0 ends the activity (observed on server 1.32).
    ...(retryInMs === undefined ? {} : { nextRetryDelay: Math.max(1000, Math.round(retryInMs)) }),
    ...(benign ? { category: ApplicationFailureCategory.BENIGN } : {}),
  });
  // People read the message in the Temporal UI; a stack of ours only buries it.
  made.stack = '';
  return made;
}

const final = (type: string) => (message: string, details?: FailureDetails) =>
  failure({ type, message, nonRetryable: true, ...(details ? { details } : {}) });

/** The request cannot be run as written; one line that names every fault. */
export function invalidRequest(issues: readonly string[]) {
  return failure({
    type: 'InvalidRequest',
    message: `InvalidRequest: ${issues.join('; ')}`,
    details: { issues },
    nonRetryable: true,
  });
}

/** No credentials for the account and role; names what to set. */
export const missingCredentials = final('MissingCredentials');
/** The cloud knows the key and says no. */
export const accessDenied = final('AccessDenied');
/** A precondition that will not come true by itself, or a create that the cloud refused for good. */
export const preconditionFailed = final('PreconditionFailed');
/** Quota, balance or stock: nothing was made, and trying again soon will not help. */
export const quotaExceeded = final('QuotaExceeded');
/** The resource is not there, and nobody expected it to appear. */
export const notFound = final('NotFound');
/** The cloud accepted the restore and it went wrong there. */
export const restoreFailed = final('RestoreFailed');

/** Not yet. `message` says what is seen; the server asks again in `retryInMs` (at least 1 s). */
export function notReady(message: string, retryInMs: number, details?: FailureDetails) {
  return failure({
    type: 'NotReady',
    message,
    retryInMs,
    benign: true,
    ...(details ? { details } : {}),
  });
}

/** The cloud did not answer, or asked for patience; nothing was changed by this attempt. */
export function cloudUnavailable(message: string, retryInMs: number, details?: FailureDetails) {
  return failure({
    type: 'CloudUnavailable',
    message,
    retryInMs,
    ...(details ? { details } : {}),
  });
}

/** A create was sent and nobody knows whether it was carried out. Never retried blindly. */
export const outcomeUnknown = final('OutcomeUnknown');

/** A time in ms, ±20 %, so that many waits do not ask in step. */
export const jittered = (ms: number): number => ms * (0.8 + Math.random() * 0.4);
