import { createHash, createHmac } from 'node:crypto';
import { request } from 'node:http';
import type { Keys } from './tencent-client.ts';

/** How one hand-made request differs from the plain one; a second implementation of TC3, for the tests alone. */
export interface Tc3Request {
  readonly action: string;
  /** POST, or GET where there is a query. */
  readonly method?: string;
  readonly body?: string;
  readonly query?: string;
  /** Host header as sent, and as signed if that differs. */
  readonly host?: string;
  readonly signedHost?: string;
  readonly target?: string;
  readonly service?: string;
  readonly signedHeaders?: readonly string[];
  readonly unsignedPayload?: boolean;
  readonly secondsOff?: number;
  readonly version?: string;
  readonly region?: string | null;
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

const hash = (text: string) => createHash('sha256').update(text).digest('hex');
const mac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();

/** Signs and sends one request over a connection of its own. */
export function sendTc3(url: string, keys: Keys, options: Tc3Request): Promise<RawAnswer> {
  const method = options.method ?? (options.query === undefined ? 'POST' : 'GET');
  const host = options.host ?? url.replace('http://', '');
  const body = method === 'POST' ? (options.body ?? '{}') : '';
  const timestamp = String(Math.floor(Date.now() / 1000) + (options.secondsOff ?? 0));
  const date = new Date(Number(timestamp) * 1000).toISOString().slice(0, 10);
  const service = options.service ?? 'postgres';
  const region = options.region === undefined ? 'ap-guangzhou' : options.region;
  const contentType =
    options.contentType ??
    (method === 'POST' ? 'application/json' : 'application/x-www-form-urlencoded');
  const headers: Record<string, string> = {
    host,
    'content-type': contentType,
    'x-tc-action': options.action,
    'x-tc-timestamp': timestamp,
    'x-tc-version': options.version ?? '2017-03-12',
    ...(region !== null && { 'x-tc-region': region }),
    ...(options.unsignedPayload && { 'x-tc-content-sha256': 'UNSIGNED-PAYLOAD' }),
  };
  const names = [...(options.signedHeaders ?? ['content-type', 'host'])].sort();
  const signed: Record<string, string> = { ...headers, host: options.signedHost ?? host };
  const canonical = [
    ...[method, '/', options.query ?? ''],
    ...[names.map((name) => `${name}:${signed[name]?.toLowerCase() ?? ''}\n`).join('')],
    ...[names.join(';'), hash(options.unsignedPayload ? 'UNSIGNED-PAYLOAD' : body)],
  ].join('\n');
  const scope = `${date}/${service}/tc3_request`;
  const toSign = `TC3-HMAC-SHA256\n${timestamp}\n${scope}\n${hash(canonical)}`;
  const key = mac(mac(mac(`TC3${keys.secretKey}`, date), service), 'tc3_request');
  const signature = mac(key, toSign).toString('hex');
  const authorization = `TC3-HMAC-SHA256 Credential=${keys.accessKeyId}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}`;
  return send(url, {
    method,
    target: options.target ?? (options.query === undefined ? '/' : `/?${options.query}`),
    headers: { ...headers, authorization, ...options.headers },
    body,
  });
}

/** One raw HTTP request, its Host and target exactly as given. */
export function send(
  url: string,
  options: {
    method: string;
    target: string;
    headers?: Readonly<Record<string, string>>;
    body?: string;
  },
): Promise<RawAnswer> {
  const { method, target: path, headers, body } = options;
  const [hostname, port] = url.replace('http://', '').split(':');
  return new Promise((resolve, reject) => {
    const call = request({ hostname, port, method, path, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks).toString(),
        }),
      );
    });
    call.on('error', reject);
    call.end(body);
  });
}

/** `Response.Error.Code`, or `ok`. */
export function errorCode({ body }: RawAnswer): string {
  const { Response } = JSON.parse(body) as { Response: { Error?: { Code: string } } };
  return Response.Error?.Code ?? 'ok';
}
