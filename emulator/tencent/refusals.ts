import { type Refusal, refusal } from '../cloud.ts';

/**
 * Common error codes: tencentcloud.com/document/api/1048 "Common Error Codes", 2026-08. Message texts
 * follow live answers quoted in public issues where there are any, else they are ours.
 */
export const invalidParameter = (message: string): Refusal => refusal('InvalidParameter', message);

export const missingParameter = (name: string): Refusal =>
  refusal('MissingParameter', `The request is missing a required parameter \`${name}\`.`);

export const unknownParameter = (name: string): Refusal =>
  refusal('UnknownParameter', `The parameter \`${name}\` is not recognized.`);

export const wrongType = (name: string): Refusal =>
  refusal('InvalidParameter', `The value type of parameter \`${name}\` is not valid.`);

/** The product's own code for a value that is not allowed (SEED, error table). */
export const invalidValue = (message: string): Refusal =>
  refusal('InvalidParameterValue.InvalidParameterValueError', message);

export const instanceNotFound = (id: string): Refusal =>
  refusal('ResourceNotFound.InstanceNotFoundError', `The instance ${id} does not exist.`);

/** Changing calls name the status this way ... */
export const statusLimit = (id: string, status: string): Refusal =>
  refusal(
    'OperationDenied.InstanceStatusLimitError',
    `This operation cannot be performed on instance ${id} in status '${status}'.`,
  );

/** ... and reading ones and DestroyDBInstance that way (SDK error lists per action). */
export const statusLimitOp = (id: string, status: string): Refusal =>
  refusal(
    'OperationDenied.InstanceStatusLimitOpError',
    `The operation is not allowed while instance ${id} is in status '${status}'.`,
  );

export const signatureFailure = (): Refusal =>
  refusal(
    'AuthFailure.SignatureFailure',
    'The provided credentials could not be validated. Please check your signature is correct.',
  );

/** The wording with the figures is the one that live clients report (2026-08). */
export const requestLimitExceeded = (seen: number, limit: number): Refusal =>
  refusal(
    'RequestLimitExceeded',
    `Your current request times equals to \`${seen}\` in a second, which exceeds the frequency limit \`${limit}\` for a second. Please reduce the frequency of calls.`,
  );
