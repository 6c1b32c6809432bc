import type { Account, Accounts } from '../accounts.ts';
import { type HttpRequest, type Sender, refusal } from '../cloud.ts';
import { isTooDeep } from '../nesting.ts';
import { parametersOf } from '../which-cloud.ts';
import { type RawParameters, unflatten } from './parameters.ts';
import { invalidParameter, missingParameter, signatureFailure } from './refusals.ts';
import { oldSignatureMatches, readTc3, tc3Matches } from './signature.ts';

/** More than five minutes off is refused (API 3.0, signature v3, 2026-08). */
const clockToleranceSeconds = 300;

const commonParameters = new Set([
  ...['Action', 'Version', 'Region', 'Timestamp', 'Nonce', 'SecretId', 'Signature'],
  ...['SignatureMethod', 'Token', 'Language', 'RequestClient'],
]);

/** One request whose signature is right, its parameters not yet checked. */
export interface ProvedRequest {
  readonly account: Account;
  readonly action: string;
  readonly version: string;
  readonly region: string | undefined;
  readonly raw: RawParameters;
}

const header = (request: HttpRequest, name: string): string | undefined => {
  const value = request.headers[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
};

const usesTc3 = (request: HttpRequest) =>
  header(request, 'authorization') !== undefined || header(request, 'x-tc-action') !== undefined;

/** Who seems to ask for what; nothing is checked. */
export function senderOf(request: HttpRequest): Sender {
  if (usesTc3(request)) {
    const credential = /Credential=([^/,\s]+)/.exec(header(request, 'authorization') ?? '');
    return { accessKeyId: credential?.[1] ?? null, action: header(request, 'x-tc-action') ?? null };
  }
  const parameters = parametersOf(request);
  return { accessKeyId: parameters.get('SecretId'), action: parameters.get('Action') };
}

/** Proves a request by its signature, new or old, and takes it apart. */
export function proveRequest(request: HttpRequest, accounts: Accounts): ProvedRequest {
  checkForm(request);
  return usesTc3(request) ? proveTc3(request, accounts) : proveOld(request, accounts);
}

/**
 * The gateway knows GET and POST at `/`; under TC3 a GET is a form and a POST is JSON or multipart (DOC api/1048 "Request
 * structure"). ASSUMPTION: the codes, but for the method's, whose text in the common error codes names both methods.
 */
function checkForm(request: HttpRequest): void {
  const { method, target } = request;
  if (method !== 'GET' && method !== 'POST')
    throw refusal(
      'UnsupportedProtocol',
      `The HTTP method ${method} is not supported; only GET and POST are.`,
    );
  if ((target.split('?')[0] ?? '') !== '/') throw invalidParameter('The request path must be `/`.');
  if (!usesTc3(request)) return;
  const type = (header(request, 'content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  if (!contentTypes[method].includes(type))
    throw invalidParameter(
      `The Content-Type \`${type}\` is not supported by ${method} with TC3-HMAC-SHA256.`,
    );
}

const contentTypes = {
  GET: ['application/x-www-form-urlencoded'],
  POST: ['application/json', 'multipart/form-data'],
};

function proveTc3(request: HttpRequest, accounts: Accounts): ProvedRequest {
  const required = (name: string) => {
    const value = header(request, `x-tc-${name.toLowerCase()}`);
    if (value === undefined) throw missingParameter(name);
    return value;
  };
  const action = required('Action');
  const timestamp = required('Timestamp');
  const authorization = readTc3(header(request, 'authorization') ?? '');
  if (!authorization)
    throw refusal(
      'AuthFailure.InvalidAuthorization',
      'The `Authorization` header does not follow `TC3-HMAC-SHA256 Credential=…, SignedHeaders=content-type;host, Signature=…`.',
    );
  const account = accountOf(authorization.secretId, accounts);
  checkTime(timestamp);
  const day = new Date(Number(timestamp) * 1000).toISOString().slice(0, 10);
  const { secretKey } = account;
  if (day !== authorization.date || !tc3Matches({ request, authorization, timestamp, secretKey }))
    throw signatureFailure();
  return {
    ...{ account, action, version: required('Version'), region: header(request, 'x-tc-region') },
    raw: rawParameters(request),
  };
}

function proveOld(request: HttpRequest, accounts: Accounts): ProvedRequest {
  const parameters = parametersOf(request);
  const required = (name: string) => {
    const value = parameters.get(name);
    if (!value) throw missingParameter(name);
    return value;
  };
  for (const name of ['Action', 'Nonce', 'Signature']) required(name);
  const account = accountOf(required('SecretId'), accounts);
  checkTime(required('Timestamp'));
  if (!oldSignatureMatches(request, account.secretKey)) throw signatureFailure();
  return {
    ...{ account, action: required('Action'), version: required('Version') },
    region: parameters.get('Region') ?? undefined,
    raw: {
      stringly: true,
      parameters: unflatten([...parameters].filter(([name]) => !commonParameters.has(name))),
    },
  };
}

function accountOf(secretId: string, accounts: Accounts): Account {
  const account = accounts.find(secretId);
  if (account) return account;
  throw refusal(
    'AuthFailure.SecretIdNotFound',
    'The SecretId is not found, please ensure that your SecretId is correct.',
  );
}

/** Signatures go by wall time, whatever the business clock shows. */
function checkTime(timestamp: string): void {
  const seconds = Number(timestamp);
  if (!Number.isInteger(seconds))
    throw invalidParameter('The value of `Timestamp` is not a number of seconds.');
  if (Math.abs(Date.now() / 1000 - seconds) > clockToleranceSeconds)
    throw refusal(
      'AuthFailure.SignatureExpire',
      `The provided credentials could not be validated because of exceeding request time limit, the difference between timestamp ${timestamp} and server time is more than ${clockToleranceSeconds} seconds.`,
    );
}

function rawParameters(request: HttpRequest): RawParameters {
  if (request.method === 'GET')
    return { stringly: true, parameters: unflatten(parametersOf(request)) };
  if (request.body.length === 0) return { stringly: false, parameters: {} };
  return { stringly: false, parameters: readJson(request.body.toString('utf8')) };
}

function readJson(body: string): Record<string, unknown> {
  const wrong = () => invalidParameter('The request body is not a valid JSON object.');
  let read: unknown;
  try {
    read = JSON.parse(body);
  } catch {
    throw wrong();
  }
  if (typeof read !== 'object' || read === null || Array.isArray(read)) throw wrong();
  if (isTooDeep(read)) throw invalidParameter('The request body is nested too deeply.');
  return read as Record<string, unknown>;
}
