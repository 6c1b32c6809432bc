import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Call {
  action: string;
  parameters: Record<string, unknown>;
}

type Answer = object | ((call: Call) => object);

/** A Tencent that says what the test tells it to: for states that the emulator does not show. */
export interface ScriptedTencent {
  readonly url: string;
  readonly calls: Call[];
  /** From now on the answer to an action; thrown away at the next `script`. */
  answer(action: string, answer: Answer): void;
  /** The next answers to an action, in order; the last one stays. */
  script(action: string, answers: Answer[]): void;
  close(): Promise<void>;
}

/** A refusal in Tencent's own envelope. */
export const refusal = (Code: string, Message = 'scripted') => ({ Error: { Code, Message } });

/** Raw bytes instead of an envelope. */
export const raw = (status: number, body: string) => ({ raw: { status, body } });

/** No answer at all: the connection is cut. */
export const cut = { cut: true };

export async function startScriptedTencent(): Promise<ScriptedTencent> {
  const answers = new Map<string, Answer[]>();
  const calls: Call[] = [];
  const server = createServer((request, response) => {
    if (request.method === 'HEAD') return void response.end();
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const action = String(request.headers['x-tc-action']);
      const body = Buffer.concat(chunks).toString() || '{}';
      const call = { action, parameters: JSON.parse(body) as Record<string, unknown> };
      calls.push(call);
      const list = answers.get(action) ?? [refusal('InvalidAction', `${action} is not scripted`)];
      const next = list.length > 1 ? list.shift()! : list[0]!;
      send(response, typeof next === 'function' ? (next as (call: Call) => object)(call) : next);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    answer: (action, answer) => void answers.set(action, [answer]),
    script: (action, list) => void answers.set(action, [...list]),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function send(response: ServerResponse, answer: object): void {
  if ('cut' in answer) return void response.destroy();
  if ('raw' in answer) {
    const { status, body } = answer.raw as { status: number; body: string };
    return void response.writeHead(status).end(body);
  }
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ Response: { RequestId: 'scripted-request', ...answer } }));
}
