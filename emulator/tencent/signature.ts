import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { HttpRequest } from '../cloud.ts';
import { parametersOf } from '../which-cloud.ts';

const sha256 = (text: string | Buffer) => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string) =>
  createHmac('sha256', key).update(text).digest();

const same = (expected: string, given: string) =>
  expected.length === given.length && timingSafeEqual(Buffer.from(expected), Buffer.from(given));

/**
 * The Host spellings over which a client may have signed: as received; without `http://`, which tccli
 * sends along; without the port, which the Node SDK leaves out (observed 2026-11).
 */
function signedHosts(received: string): string[] {
  const bare = received.replace(/^https?:\/\//, '');
  return [...new Set([received, bare, received.replace(/:\d+$/, ''), bare.replace(/:\d+$/, '')])];
}

export interface Tc3Authorization {
  readonly secretId: string;
  readonly date: string;
  readonly service: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
}

/** Reads `TC3-HMAC-SHA256 Credential=id/date/service/tc3_request, SignedHeaders=…, Signature=…`. */
export function readTc3(header: string): Tc3Authorization | undefined {
  const match =
    /^TC3-HMAC-SHA256\s+Credential=([^/]+)\/(\d{4}-\d\d-\d\d)\/([^/]+)\/tc3_request,\s*SignedHeaders=([^,\s]+),\s*Signature=([0-9a-f]{64})$/.exec(
      header,
    );
  if (!match) return undefined;
  const [, secretId, date, service, headers, signature] = match as unknown as string[];
  const signedHeaders = (headers ?? '').split(';');
  if (!signedHeaders.includes('content-type') || !signedHeaders.includes('host')) return undefined;
  return {
    secretId: secretId ?? '',
    date: date ?? '',
    service: service ?? '',
    signedHeaders,
    signature: signature ?? '',
  };
}

/** Whether a TC3-HMAC-SHA256 signature is right (DOC api/1048 "Signature v3"). */
export function tc3Matches(options: {
  request: HttpRequest;
  authorization: Tc3Authorization;
  timestamp: string;
  secretKey: string;
}): boolean {
  const { request, authorization, timestamp, secretKey } = options;
  const { date, service, signedHeaders } = authorization;
  const [path = '/', query = ''] = request.target.split('?');
  const unsigned = request.headers['x-tc-content-sha256'] === 'UNSIGNED-PAYLOAD';
  const payload = unsigned ? 'UNSIGNED-PAYLOAD' : request.body;
  const signingKey = hmac(hmac(hmac(`TC3${secretKey}`, date), service), 'tc3_request');

  return signedHosts(request.headers.host ?? '').some((host) => {
    const valueOf = (name: string) =>
      name === 'host' ? host : String(request.headers[name] ?? '').trim();
    // Values are lower-cased by the page and left as they are by the SDKs: they differ for no value that either signs.
    return [(value: string) => value, (value: string) => value.toLowerCase()].some((spell) => {
      const headers = signedHeaders.map((name) => `${name}:${spell(valueOf(name))}\n`).join('');
      const canonical = [
        ...[request.method, path, request.method === 'GET' ? query : ''],
        ...[headers, signedHeaders.join(';'), sha256(payload)],
      ].join('\n');
      const toSign = [
        ...['TC3-HMAC-SHA256', timestamp],
        ...[`${date}/${service}/tc3_request`, sha256(canonical)],
      ].join('\n');
      const expected = hmac(signingKey, toSign).toString('hex');
      return same(expected, authorization.signature);
    });
  });
}

const oldAlgorithms = new Map([
  ['HmacSHA1', 'sha1'],
  ['HmacSHA256', 'sha256'],
]);

/** Whether an old signature (HmacSHA1 or HmacSHA256, GET or form) is right (DOC api/1048 "Signature"). */
export function oldSignatureMatches(request: HttpRequest, secretKey: string): boolean {
  const parameters = parametersOf(request);
  const given = parameters.get('Signature') ?? '';
  const method = parameters.get('SignatureMethod') ?? 'HmacSHA1';
  const algorithm = oldAlgorithms.get(method);
  if (!algorithm) return false;
  const [path = '/'] = request.target.split('?');
  const sorted = [...parameters]
    .filter(([name]) => name !== 'Signature')
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
  return signedHosts(request.headers.host ?? '').some((host) =>
    same(
      createHmac(algorithm, secretKey)
        .update(`${request.method}${host}${path}?${sorted}`)
        .digest('base64'),
      given,
    ),
  );
}
