import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerResponse } from 'node:http';
import { inspect } from 'node:util';
import type { Accounts } from './accounts.ts';
import type { Audit, AuditEntry } from './audit.ts';
import {
  type Call,
  type Cloud,
  type HttpAnswer,
  type HttpRequest,
  isRefusal,
  type Performed,
  type Refusal,
  refusal,
} from './cloud.ts';
import type { OptionsOf } from './fault-kinds.ts';
import type { Fault, Faults } from './faults.ts';
import type { Random } from './random.ts';

export interface ServeOptions {
  readonly accounts: Accounts;
  readonly audit: Audit;
  readonly faults: Faults;
  readonly random: Random;
  /** Called before the answer of every call that changed something. */
  readonly save: () => void;
  readonly log: (line: string) => void;
}

/** One arrived request and the connection that waits for its answer. */
interface Exchange {
  readonly cloud: Cloud;
  readonly request: HttpRequest;
  readonly response: ServerResponse;
  readonly seq: number;
  readonly requestId: string;
  /** Business time of whoever asks, for the Date header. */
  readonly now: Date;
}

/**
 * Serves one API call of a cloud: prove it → write it down → meet the faults → act → answer.
 * The audit entry stands before anything happens, as unanswered, and is amended only once an answer
 * has really left. A request whose body could not be taken in comes with its refusal. Whatever goes wrong here is logged and answered
 * as that cloud's own internal error.
 */
export function callServer(options: ServeOptions) {
  const { accounts, audit, faults, random } = options;

  return async function serve(
    cloud: Cloud,
    request: HttpRequest,
    response: ServerResponse,
    refused?: Refusal,
  ): Promise<void> {
    const seq = audit.nextSeq();
    const requestId = random.uuid(`request ${seq}`);
    const sender = cloud.identify(request);
    const now = (accounts.find(sender.accessKeyId ?? '') ?? accounts.first).clock.now();
    const exchange: Exchange = { cloud, request, response, seq, requestId, now };
    try {
      await handle(exchange, refused);
    } catch (error) {
      options.log(inspect(error));
      const { code, message } = cloud.broken;
      answerRefusal(exchange, refusal(code, message));
    }
  };

  async function handle(exchange: Exchange, refused: Refusal | undefined): Promise<void> {
    const { cloud } = exchange;
    const call = open(exchange, refused);
    if (isRefusal(call)) return answerRefusal(exchange, call);

    const { twins, answer: fault } = faults.meet(cloud.name, call);
    for (const twin of twins) cloud.makeTwin(call, twin.options);
    if (!fault) return answer(exchange, await attempt(cloud, call));
    await answerFaulty(exchange, call, fault);
  }

  function open(exchange: Exchange, refused: Refusal | undefined): Call | Refusal {
    const { cloud, request, seq, requestId, now } = exchange;
    const sender = cloud.identify(request);
    const entry: AuditEntry = {
      ...{ seq, at: now.toISOString(), account: sender.accessKeyId },
      ...{ cloud: cloud.name, action: sender.action },
      kind: cloud.actions.get(sender.action ?? '')?.kind ?? 'read',
      ...{ resourceId: null, name: null, tags: {} },
      ...{ outcome: 'unanswered', code: null, requestId },
    };
    try {
      if (refused) throw refused;
      const call = cloud.open(request, { seq, requestId });
      audit.begin({ ...entry, ...cloud.subject(call) });
      return call;
    } catch (error) {
      if (!isRefusal(error)) throw error;
      audit.begin(entry);
      return error;
    }
  }

  async function attempt(cloud: Cloud, call: Call): Promise<Performed | Refusal> {
    try {
      const { resourceId, name, tags, answer } = await cloud.perform(call);
      audit.settle(call.seq, { resourceId, name, tags });
      if (call.kind !== 'read') options.save();
      return { resourceId, name, tags, answer };
    } catch (error) {
      if (isRefusal(error)) return error;
      throw error;
    }
  }

  function answer(exchange: Exchange, result: Performed | Refusal): void {
    if (isRefusal(result)) return answerRefusal(exchange, result);
    const { cloud, requestId, request } = exchange;
    send(exchange, cloud.write(result.answer, requestId, request), () =>
      audit.settle(exchange.seq, { outcome: 'ok' }),
    );
  }

  function answerRefusal(exchange: Exchange, refused: Refusal): void {
    const { cloud, requestId, request } = exchange;
    send(exchange, cloud.writeRefusal(refused, requestId, request), () =>
      audit.settle(exchange.seq, { outcome: 'refused', code: refused.code }),
    );
  }

  async function answerFaulty(exchange: Exchange, call: Call, fault: Fault): Promise<void> {
    const { cloud, response } = exchange;
    switch (fault.fault) {
      case 'refuse': {
        const { code, message } = fault.options as OptionsOf<'refuse'>;
        return answerRefusal(exchange, refusal(code, message ?? `Refused by fault ${fault.id}.`));
      }
      case 'refuseDelete': {
        const { code, message } = fault.options as OptionsOf<'refuseDelete'>;
        const usual = cloud.deleteRefused;
        return answerRefusal(exchange, refusal(code ?? usual.code, message ?? usual.message));
      }
      case 'throttle':
        return answerRefusal(exchange, refusal(cloud.throttled.code, cloud.throttled.message));
      case 'emptyList': {
        const empty = cloud.actions.get(call.action)?.emptyAnswer;
        if (!empty) return answer(exchange, await attempt(cloud, call));
        return answer(exchange, { ...cloud.subject(call), answer: empty });
      }
      case 'slow': {
        const result = await attempt(cloud, call);
        await sleep((fault.options as OptionsOf<'slow'>).ms);
        return answer(exchange, result);
      }
      case 'dropBefore':
        return void response.socket?.destroy();
      case 'dropAfter':
        await attempt(cloud, call);
        return void response.socket?.destroy();
      case 'hang':
        if ((fault.options as OptionsOf<'hang'>).acted) await attempt(cloud, call);
        return; // the connection stays open until the client leaves
      default: {
        if ((fault.options as { acted?: boolean }).acted) await attempt(cloud, call);
        send(exchange, brokenAnswers[fault.fault as keyof typeof brokenAnswers]);
      }
    }
  }

  /** Sends, and says so only when the whole answer has left for a client that was still there. */
  function send({ response, now }: Exchange, reply: HttpAnswer, sent?: () => void): void {
    if (response.destroyed || response.headersSent) return;
    if (sent) response.once('finish', sent);
    const length = { 'content-length': Buffer.byteLength(reply.body) }; // no cloud here answers in chunks
    response.writeHead(reply.status, { ...reply.headers, ...length, date: now.toUTCString() });
    response.end(reply.body);
  }
}

const brokenAnswers = {
  http500: {
    status: 500,
    headers: { 'content-type': 'text/plain' },
    body: 'Internal Server Error',
  },
  html502: {
    status: 502,
    headers: { 'content-type': 'text/html' },
    body: '<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>',
  },
  garbage: {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: '{"Response": {"RequestId',
  },
} as const satisfies Record<string, HttpAnswer>;
