import type { CloudName, HttpAnswer, HttpRequest } from './cloud.ts';

/**
 * Which cloud a request is meant for, told from the request and never from Host, so that any endpoint
 * name, a plain address and a proxy all work. The table is emulator-contract.md's, in its order.
 */
export function whichCloud(request: HttpRequest): CloudName | undefined {
  const authorization = request.headers.authorization ?? '';
  if (authorization.startsWith('TC3') || request.headers['x-tc-action'] !== undefined)
    return 'tencent';
  const parameters = parametersOf(request);
  if (parameters.has('SecretId')) return 'tencent';
  if (authorization.startsWith('ACS3')) return 'alibaba';
  if (parameters.has('AccessKeyId') && parameters.has('Signature')) return 'alibaba';
  if (request.target.startsWith('/v1/regions/')) return 'jdcloud';
  return undefined;
}

/** The query and, if the body is a form, the form. */
export function parametersOf(request: HttpRequest): URLSearchParams {
  const parameters = new URLSearchParams(request.target.split('?')[1] ?? '');
  const type = request.headers['content-type'] ?? '';
  if (request.method !== 'POST' || !type.startsWith('application/x-www-form-urlencoded'))
    return parameters;
  for (const [name, value] of new URLSearchParams(request.body.toString('utf8')))
    parameters.append(name, value);
  return parameters;
}

/** What a client of a cloud hears that this version does not serve yet, in that cloud's own shape. */
export function notServedYet(cloud: CloudName, requestId: string): HttpAnswer {
  const message = `${cloud} is not served by this version of the Lifeboat emulator yet`;
  const body =
    cloud === 'jdcloud'
      ? { requestId, error: { code: 501, status: 'NOT_IMPLEMENTED', message } }
      : { RequestId: requestId, Code: 'NotImplemented', Message: message };
  return {
    status: 501,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  };
}
