import assert from 'node:assert/strict';
import { ApplicationFailureCategory } from '@temporalio/common';
import type { ApplicationFailure } from '@temporalio/common';
import { chooseAccount } from '../../activities/accounts.ts';
import { callTencent, createFailure, readFailure } from '../../activities/clouds/tencent.ts';
import type { TencentError } from '../../activities/clouds/tencent.ts';
import { errorClasses } from '../../activities/clouds/tencent-errors.ts';
import { cloudUnavailable, notReady } from '../../activities/failures.ts';
import { useAccount } from './one-account.ts';
import { cut, raw, refusal, startScriptedTencent } from './scripted-tencent.ts';
import type { ScriptedTencent } from './scripted-tencent.ts';

/** What a code must become while reading, and after a create. */
const throttled = ['CloudUnavailable', 'NotReady'];
const later = ['CloudUnavailable', 'OutcomeUnknown'];
const state = ['NotReady', 'NotReady'];
const input = ['PreconditionFailed', 'PreconditionFailed'];
const broken = ['PreconditionFailed', 'OutcomeUnknown'];
const denied = ['AccessDenied', 'AccessDenied'];
const account = ['AccessDenied', 'QuotaExceeded'];
const capacity = ['QuotaExceeded', 'QuotaExceeded'];
const gone = ['NotFound', 'PreconditionFailed'];

/** The error table of the CloneDBInstance document. */
const document: Record<string, string[]> = {
  'AuthFailure.UnauthorizedOperation': denied,
  'FailedOperation.AllocateQuotasError': capacity,
  'FailedOperation.CamAuthFailed': denied,
  'FailedOperation.CamSigAndAuthError': later,
  'FailedOperation.CdbCgwConnectError': later,
  'FailedOperation.DatabaseAccessError': later,
  'FailedOperation.DatabaseAffectedError': broken,
  'FailedOperation.FailedOperationError': later,
  'FailedOperation.GetSubnetError': input,
  'FailedOperation.GetVpcInfoError': later,
  'FailedOperation.QuerySpecError': later,
  'FailedOperation.QueryVpcFailed': input,
  'FailedOperation.QueryVpcFalied': input,
  'InternalError.InternalHttpServerError': later,
  'InternalError.JsonParseError': broken,
  'InvalidParameter.ParameterCheckError': input,
  'InvalidParameterValue.IllegalProjectId': input,
  'InvalidParameterValue.IllegalRegion': input,
  'InvalidParameterValue.IllegalZone': input,
  'InvalidParameterValue.InvalidParameterValueError': input,
  'InvalidParameterValue.InvalidZoneIdError': input,
  'InvalidParameterValue.SpecNotRecognizedError': input,
  'OperationDenied.CamDeniedError': denied,
  'OperationDenied.InstanceStatusLimitError': state,
  'OperationDenied.InsufficientBalanceError': account,
  'OperationDenied.TradePermissionError': account,
  'OperationDenied.UserNotAuthenticatedError': account,
};

/** The other codes that reference tables of the product's API name. */
const others: Record<string, string[]> = {
  RequestLimitExceeded: throttled,
  'RequestLimitExceeded.UinLimitExceeded': throttled,
  'RequestLimitExceeded.IPLimitExceeded': throttled,
  'RequestLimitExceeded.GlobalRegionUinLimitExceeded': throttled,
  'FailedOperation.OperateFrequencyLimitedError': throttled,
  'FailedOperation.ServiceAccessError': later,
  'FailedOperation.CamCheckResourceError': later,
  'FailedOperation.OssAccessError': later,
  'FailedOperation.WhitelistConnectError': later,
  'FailedOperation.QueryInstanceBatchError': later,
  'FailedOperation.GetInstanceByResourceIdError': later,
  'FailedOperation.TradeAccessError': later,
  'FailedOperation.TradeQueryOrderError': later,
  'FailedOperation.TradeQueryPriceError': later,
  'FailedOperation.FlowCreateError': later,
  'FailedOperation.PostPaidUnblockError': later,
  'FailedOperation.BaseNetworkAccessError': later,
  'FailedOperation.ESQueryError': later,
  InternalError: later,
  'InternalError.HttpError': later,
  'InternalError.DBError': later,
  'InternalError.SystemError': later,
  'InternalError.UnknownError': later,
  'InternalError.FlowError': later,
  'InternalError.VpcError': later,
  'InternalError.CgwError': later,
  ServiceUnavailable: later,
  'UnknownParameter.HttpError': later,
  'UnknownParameter.InternalInnerServiceError': later,
  'OperationDenied.InstanceStatusLimitOpError': state,
  'OperationDenied.InstanceStatusDeniedError': state,
  'OperationDenied.DTSInstanceStatusError': state,
  'ResourceUnavailable.InvalidInstanceStatus': state,
  InvalidInstanceStatus: state,
  InvalidParameter: input,
  InvalidParameterValue: input,
  MissingParameter: input,
  UnknownParameter: input,
  UnsupportedRegion: input,
  UnsupportedOperation: input,
  'FailedOperation.StorageMemoryCheckError': input,
  'OperationDenied.InstanceAccessDeniedError': denied,
  'OperationDenied.VpcDeniedError': denied,
  'OperationDenied.UserNotInWhiteListError': denied,
  'AuthFailure.SignatureFailure': denied,
  'AuthFailure.SecretIdNotFound': denied,
  'AuthFailure.TokenFailure': denied,
  'UnauthorizedOperation.CamNoAuth': denied,
  'AuthFailure.SignatureExpire': ['CloudUnavailable', 'AccessDenied'],
  LimitExceeded: capacity,
  'ResourceInsufficient.ResourceNotEnough': capacity,
  'ResourceNotFound.InstanceNotFoundError': gone,
  'InvalidParameterValue.InstanceNotExist': gone,
  InstanceNotExist: gone,
  'OperationDenied.ResourceNotFoundError': gone,
  'OperationDenied.ResourceNotFundError': gone,
};

const requestId = '6ace8140-6b9e-4e81-a8ad-ef3f92b2aa90';
const said = (code: string): TencentError => ({ code, message: `said of ${code}`, requestId });
const final = ['AccessDenied', 'PreconditionFailed', 'QuotaExceeded', 'NotFound'];

/** A message that leaves its reader nothing to look up. */
function assertTells(failure: ApplicationFailure, code: string): void {
  const { message } = failure;
  for (const part of [code, `"said of ${code}"`, `request ${requestId}`])
    assert.ok(message.includes(part), `${part} is not in: ${message}`);
  const [, remedy] = message.split(`request ${requestId}. `);
  assert.match(remedy ?? '', /[a-z]{3}.*\.$/, `no remedy in: ${message}`);
  assert.deepEqual(failure.details, [{ code, requestId }]);
}

describe('An error code of Tencent', () => {
  for (const [code, [whileReading, afterCreate]] of Object.entries({ ...document, ...others }))
    it(`${code} is ${whileReading} while reading and ${afterCreate} after a create`, () => {
      const read = readFailure('read postgres-x', said(code), 10_000);
      assert.equal(read.type, whileReading);
      assert.equal(read.nonRetryable, final.includes(whileReading!));
      assert.match(read.message, /^Cannot read postgres-x: /);
      assertTells(read, code);

      const create = createFailure('create orders-lb1', said(code), 10_000);
      assert.equal(create.type, afterCreate);
      assertTells(create, code);
      assert.match(
        create.message,
        afterCreate === 'OutcomeUnknown'
          ? /create orders-lb1: .* It may exist; .*not sent again\.$/
          : /^NOT CREATED {2}Tencent: .* Nothing was made\./,
      );
    });

  it('that says "try again later" never proves that a create made nothing', () => {
    const proofs = Object.entries(errorClasses)
      .filter(([, kind]) => ['later', 'broken', 'unheard'].includes(kind))
      .map(([code]) => createFailure('create x', said(code), 1000))
      .filter(({ type }) => type !== 'OutcomeUnknown');
    assert.deepEqual(proofs, []);
  });

  it('that nobody has heard of is asked again while reading and unknown after a create', () => {
    for (const code of ['FailedOperation.BrandNewError', 'Nonsense', 'OperationDenied.Because']) {
      const read = readFailure('read x', said(code), 10_000);
      assert.deepEqual([read.type, read.nonRetryable], ['CloudUnavailable', false]);
      assertTells(read, code);
      assert.equal(createFailure('create x', said(code), 10_000).type, 'OutcomeUnknown');
    }
  });

  it('is told with the remedy for exactly that code where there is one', () => {
    const remedy = (code: string) => createFailure('create x', said(code), 1000).message;
    assert.match(remedy('OperationDenied.InsufficientBalanceError'), /Top up the account/);
    assert.match(remedy('OperationDenied.TradePermissionError'), /finance:trade/);
    assert.match(remedy('InvalidParameterValue.SpecNotRecognizedError'), /lifeboat plan/);
    assert.match(remedy('AuthFailure.SecretIdNotFound'), /check the account’s credentials/);
    assert.match(remedy('AuthFailure.SignatureExpire'), /clock/);
  });

  it('that has passed by itself is asked again after a jittered time of at least 1 s', () => {
    const delays = Array.from({ length: 40 }, () =>
      Number(readFailure('read x', said('InternalError'), 10_000).nextRetryDelay),
    );
    for (const delay of delays) assert.ok(delay >= 8000 && delay <= 12_000, `${delay} ms`);
    assert.ok(new Set(delays).size > 1, 'not jittered');
    assert.equal(readFailure('read x', said('RequestLimitExceeded'), 40).nextRetryDelay, 1000);
  });
});

describe('A failure that the server keeps for its next attempt', () => {
  for (const [kind, failure] of Object.entries({
    NotReady: notReady('订'.repeat(5000), 1),
    CloudUnavailable: cloudUnavailable('x'.repeat(5000), 1, { requestId }),
  }))
    it(`stays well below 4 KB: ${kind}`, () => {
      const { message, details, stack } = failure;
      assert.ok(Buffer.byteLength(message + JSON.stringify(details ?? [])) < 2048);
      assert.equal(stack, '');
      assert.ok(!message.includes('\uFFFD'), 'cut inside a character');
    });

  it('is BENIGN if it only says "not yet"', () => {
    assert.equal(notReady('cloning', 1000).category, ApplicationFailureCategory.BENIGN);
    assert.notEqual(cloudUnavailable('away', 1).category, ApplicationFailureCategory.BENIGN);
  });
});

describe('A call to Tencent', () => {
  let cloud: ScriptedTencent;
  let configured: { end(): void };
  const secretKey = 'very-secret-key';
  before(async () => {
    cloud = await startScriptedTencent();
    configured = useAccount({ url: cloud.url, secretKey });
  });
  after(async () => {
    configured.end();
    await cloud.close();
  });

  const call = async () => {
    const answer = await callTencent({
      account: chooseAccount({ cloud: 'tencent' }),
      ...{ region: 'ap-guangzhou', role: 'create', timeoutMs: 2000, action: 'CloneDBInstance' },
      ...{ parameters: {}, freshConnection: true },
    });
    assert.ok('error' in answer);
    return answer.error;
  };

  it('that the cloud refuses answers with its code, text and request id', async () => {
    cloud.answer('CloneDBInstance', refusal('OperationDenied.CamDeniedError', 'no'));
    assert.deepEqual(await call(), {
      ...{ code: 'OperationDenied.CamDeniedError', message: 'no', requestId: 'scripted-request' },
    });
  });

  for (const [what, answer] of Object.entries({
    'a cut connection': cut,
    'a page of a proxy': raw(502, '<html>Bad gateway</html>'),
    'HTTP 500': raw(500, ''),
    'an answer that is no JSON': raw(200, 'garbage'),
    'an answer without Response': raw(200, '{}'),
    'an error inside HTTP 500': raw(
      500,
      JSON.stringify({ Response: { Error: { Code: 'InvalidParameter' }, RequestId: 'x' } }),
    ),
  }))
    it(`that ends in ${what} proves nothing: retried while reading, unknown after a create`, async () => {
      cloud.answer('CloneDBInstance', answer);
      const error = await call();
      assert.equal(error.code, undefined);
      const read = readFailure('read x', error, 10_000);
      assert.deepEqual([read.type, read.nonRetryable], ['CloudUnavailable', false]);
      const create = createFailure('create x', error, 10_000);
      assert.equal(create.type, 'OutcomeUnknown');
      assert.match(create.message, /create x: no answer \(.+\)\. It may exist/);
    });

  it('never lets a secret out, even when the cloud echoes it', async () => {
    const echo = `string to sign ${secretKey} and again ${secretKey}`;
    cloud.answer('CloneDBInstance', refusal('AuthFailure.SignatureFailure', echo));
    const error = await call();
    const told = JSON.stringify([
      error,
      readFailure('read x', error, 1000),
      createFailure('create x', error, 1000),
    ]);
    assert.ok(!told.includes(secretKey), told);
    assert.match(error.message, /^string to sign \*\*\* and again \*\*\*$/);
  });
});
