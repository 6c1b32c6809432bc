/**
 * What each error code of TencentDB for PostgreSQL means for a restore. Codes and meanings: API document
 * CloneDBInstance, the SDK's error table (tencentcloud-sdk-go postgres errors.go, 2026-08) and the common
 * error codes of API 3.0; the classes are ours. Looked up by the whole code, then by the part before the
 * dot. A code that is not here is `unheard`: retried while reading, unknown after a create.
 */
export type ErrorClass =
  | 'throttled' // refused before any work; soon again
  | 'later' // "please try again later": a create may or may not have been carried out
  | 'state' // not in this status; wait for another
  | 'input' // a parameter is wrong
  | 'broken' // "contact customer service": no use in asking again, but no proof either that nothing was done
  | 'denied' // the key may not do this
  | 'account' // balance, payment right, identity
  | 'capacity' // quota or stock
  | 'clock' // the request's time is off
  | 'gone' // no such instance
  | 'unheard';

export const errorClasses: Readonly<Record<string, ErrorClass>> = {
  RequestLimitExceeded: 'throttled',
  'FailedOperation.OperateFrequencyLimitedError': 'throttled',

  'FailedOperation.FailedOperationError': 'later',
  'FailedOperation.DatabaseAccessError': 'later',
  'FailedOperation.ServiceAccessError': 'later',
  'FailedOperation.CamSigAndAuthError': 'later',
  'FailedOperation.CamCheckResourceError': 'later',
  'FailedOperation.CdbCgwConnectError': 'later',
  'FailedOperation.GetVpcInfoError': 'later',
  'FailedOperation.QuerySpecError': 'later',
  'FailedOperation.OssAccessError': 'later',
  'FailedOperation.QueryInstanceBatchError': 'later',
  'FailedOperation.GetInstanceByResourceIdError': 'later',
  'FailedOperation.TradeAccessError': 'later',
  'FailedOperation.TradeQueryOrderError': 'later',
  'FailedOperation.QueryDealFailed': 'later',
  'FailedOperation.FlowCreateError': 'later',
  'FailedOperation.PostPaidUnblockError': 'later',
  InternalError: 'later',
  ServiceUnavailable: 'later',
  SystemError: 'later',
  UnknownError: 'later',
  'UnknownParameter.HttpError': 'later',
  'UnknownParameter.InternalInnerServiceError': 'later',

  'OperationDenied.InstanceStatusLimitError': 'state',
  'OperationDenied.InstanceStatusLimitOpError': 'state',
  'OperationDenied.InstanceStatusDeniedError': 'state',
  'OperationDenied.DTSInstanceStatusError': 'state',
  'ResourceUnavailable.InvalidInstanceStatus': 'state',
  InvalidInstanceStatus: 'state',
  ResourceInUse: 'state',

  InvalidParameter: 'input',
  InvalidParameterValue: 'input',
  MissingParameter: 'input',
  UnknownParameter: 'input',
  UnsupportedRegion: 'input',
  UnsupportedOperation: 'input',
  UnsupportedProtocol: 'input',
  InvalidAction: 'input',
  NoSuchVersion: 'input',
  'FailedOperation.GetSubnetError': 'input',
  'FailedOperation.QueryVpcFailed': 'input',
  'FailedOperation.QueryVpcFalied': 'input',
  'FailedOperation.StorageMemoryCheckError': 'input',

  'InternalError.JsonParseError': 'broken',
  'FailedOperation.DatabaseAffectedError': 'broken',

  AuthFailure: 'denied',
  UnauthorizedOperation: 'denied',
  'FailedOperation.CamAuthFailed': 'denied',
  'OperationDenied.CamDeniedError': 'denied',
  'OperationDenied.InstanceAccessDeniedError': 'denied',
  'OperationDenied.VpcDeniedError': 'denied',
  'OperationDenied.UserNotInWhiteListError': 'denied',
  'ResourceUnavailable.ResourceNoPermission': 'denied',
  'AuthFailure.SignatureExpire': 'clock',

  'OperationDenied.InsufficientBalanceError': 'account',
  'OperationDenied.TradePermissionError': 'account',
  'OperationDenied.UserNotAuthenticatedError': 'account',

  'FailedOperation.AllocateQuotasError': 'capacity',
  LimitExceeded: 'capacity',
  ResourceInsufficient: 'capacity',

  'ResourceNotFound.InstanceNotFoundError': 'gone',
  'InvalidParameterValue.InstanceNotExist': 'gone',
  InstanceNotExist: 'gone',
  'OperationDenied.ResourceNotFoundError': 'gone',
  'OperationDenied.ResourceNotFundError': 'gone',
};

export function errorClass(code: string): ErrorClass {
  return errorClasses[code] ?? errorClasses[code.split('.')[0]!] ?? 'unheard';
}

/** What a person should do about a refusal, by code, then by class. Ends the sentence in the failure. */
const remedies: Readonly<Record<string, string>> = {
  'OperationDenied.InsufficientBalanceError': 'Top up the account, run the same line.',
  'OperationDenied.TradePermissionError':
    'Give the key the right to pay (finance:trade), or use another key; run the same line.',
  'OperationDenied.UserNotAuthenticatedError': 'Verify the account’s identity with Tencent first.',
  'FailedOperation.AllocateQuotasError': 'Raise the account’s tag quota, or free tags.',
  'InvalidParameterValue.SpecNotRecognizedError':
    'Choose a SpecCode that lifeboat plan lists as sold in the zone.',
  'AuthFailure.SecretIdNotFound':
    'The key does not exist (any more): check the account’s credentials.',
  'AuthFailure.SignatureFailure':
    'The secret key does not fit the secret id: check the credentials.',
  throttled: 'Too many calls at once; it is tried again.',
  later: 'It is tried again.',
  unheard: 'It is tried again.',
  broken: 'Ask Tencent, with the request id.',
  state: 'It is tried again when the status has changed.',
  input: 'Correct the request and run it again.',
  denied: 'Ask for the right that is named, or use another key.',
  account: 'See to the account, run the same line.',
  capacity: 'Free some, raise the quota, or choose another zone or SpecCode in target.',
  gone: 'Check the id and the region.',
  clock: 'Set the worker’s clock: Tencent allows 5 minutes.',
};

export function remedyFor(code: string): string {
  return remedies[code] ?? remedies[errorClass(code)] ?? '';
}
