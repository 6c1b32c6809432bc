import type { HttpAnswer, HttpRequest, Refusal } from '../cloud.ts';

/** HTTP 200 for errors too: the SDKs read an Error from nothing else (SDKs of 2026-08). */
function envelope(content: object, request: HttpRequest): HttpAnswer {
  const traceId = request.headers['x-tc-traceid'];
  return {
    status: 200,
    headers: {
      'content-type': 'application/json',
      ...(typeof traceId === 'string' && { 'x-tc-traceid': traceId }),
    },
    body: JSON.stringify({ Response: content }),
  };
}

export const writeAnswer = (answer: object, requestId: string, request: HttpRequest): HttpAnswer =>
  envelope({ ...answer, RequestId: requestId }, request);

export const writeError = (
  { code, message }: Refusal,
  requestId: string,
  request: HttpRequest,
): HttpAnswer =>
  envelope({ Error: { Code: code, Message: message }, RequestId: requestId }, request);
