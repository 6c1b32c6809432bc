import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { AbstractClient as Sdk } from 'tencentcloud-sdk-nodejs/tencentcloud/common/abstract_client.js';
import { credentialFor, type Account, type Role } from '../accounts.ts';
import {
  accessDenied,
  cloudUnavailable,
  jittered,
  notFound,
  notReady,
  outcomeUnknown,
  preconditionFailed,
  quotaExceeded,
} from '../failures.ts';
import { resolveTencentCredential } from './tencent-credentials.ts';
import { errorClass, remedyFor } from './tencent-errors.ts';

/**
 * Hosts by product and site (tencentcloud-sdk-nodejs 4.1 for China; API documents of the international
 * site for the other; read 2026-11).
 */
const services = {
  postgres: {
    version: '2017-03-12',
    china: 'postgres.tencentcloudapi.com',
    international: 'postgres.intl.tencentcloudapi.com',
  },
  tag: {
    version: '2018-08-13',
    china: 'tag.tencentcloudapi.com',
    international: 'tag.intl.tencentcloudapi.com',
  },
} as const;

export interface TencentCall {
  account: Account;
  region: string;
  role: Role;
  /** Longest time for the whole call, ms. */
  timeoutMs: number;
  service?: keyof typeof services;
  action: string;
  parameters: Record<string, unknown>;
  /** A connection of its own, never one that the cloud may be closing: for creates. */
  freshConnection?: true;
}

/** What a refused or failed call told us. `code` is absent when no answer of the cloud was understood. */
export interface TencentError {
  readonly code?: string;
  readonly message: string;
  readonly requestId?: string;
}

/** `at`: the cloud's own clock, to the second, from the answer's Date header. */
export type TencentAnswer<T> = ({ data: T & { RequestId: string } } | { error: TencentError }) & {
  at?: Date;
};

// Idle connections are shared by all reads; the sockets belong to Node, not to a request.
const keepAlive = {
  'http:': new HttpAgent({ keepAlive: true, timeout: 30_000 }),
  'https:': new HttpsAgent({ keepAlive: true, timeout: 30_000 }),
};

function agentFor(protocol: string, freshConnection: boolean) {
  if (!freshConnection) return keepAlive[protocol as 'https:'];
  return protocol === 'http:'
    ? new HttpAgent({ keepAlive: false })
    : new HttpsAgent({ keepAlive: false });
}

function address(account: Account, service: keyof typeof services): URL {
  return new URL(account.endpoint ?? `https://${services[service][account.site]}`);
}

/**
 * One signed call through the official SDK, no retries of its own. Answers with the cloud's data or its
 * refusal; never throws for either. Only missing credentials throw.
 */
export async function callTencent<T>(call: TencentCall): Promise<TencentAnswer<T>> {
  const service = call.service ?? 'postgres';
  const url = address(call.account, service);
  const credential = await resolveTencentCredential(
    credentialFor(call.account, call.role),
    call.account.name,
  );
  // Loaded when first needed: 18 MB that a worker for another cloud never pays.
  const { AbstractClient } =
    await import('tencentcloud-sdk-nodejs/tencentcloud/common/abstract_client.js');
  const agent = agentFor(url.protocol, call.freshConnection === true);
  const client: Sdk = new AbstractClient(url.host, services[service].version, {
    credential,
    region: call.region,
    profile: {
      language: 'en-US',
      httpProfile: {
        endpoint: url.host,
        protocol: `${url.protocol}//`,
        reqTimeout: call.timeoutMs / 1000,
        // Without an agent the SDK obeys http_proxy even for loopback; with one it ignores `proxy`.
        ...(call.account.proxy ? { proxy: call.account.proxy } : { agent }),
      },
    },
  });
  const heard = listenForDate(client);
  try {
    const data = (await client.request(call.action, call.parameters, {
      signal: AbortSignal.timeout(call.timeoutMs),
    })) as T & { RequestId: string };
    return { data, ...heard };
  } catch (error) {
    return { error: understood(error, [credential.secretKey, credential.token]), ...heard };
  } finally {
    if (call.freshConnection) agent.destroy();
  }
}

/**
 * Fills `at` when an answer arrives. The SDK hands out no headers (4.1.313), so this wraps the inner method that
 * reads the response; a version without it leaves `at` empty.
 */
function listenForDate(client: Sdk): { at?: Date } {
  type Answer = { headers: { get(name: string): string | null } };
  const inner = client as unknown as { parseResponse?: (answer: Answer) => Promise<unknown> };
  const heard: { at?: Date } = {};
  const parse = inner.parseResponse?.bind(client);
  if (parse)
    inner.parseResponse = (answer) => {
      const at = Date.parse(answer.headers.get('date') ?? '');
      if (!Number.isNaN(at)) heard.at = new Date(at);
      return parse(answer);
    };
  return heard;
}

/** A business error has a code and a request id; all else is transport (SDK behaviour, 4.1.313). */
function understood(error: unknown, secrets: (string | undefined)[]): TencentError {
  const { code, message, requestId } = error as {
    code?: unknown;
    message?: string;
    requestId?: string;
  };
  const redacted = secrets
    .filter((secret) => secret !== undefined && secret !== '')
    .reduce<string>((text, secret) => text.replaceAll(secret!, '***'), message ?? String(error));
  if (typeof code === 'string' && requestId) return { code, message: redacted, requestId };
  return { message: redacted };
}

/** The error as people should read it: `Tencent: OperationDenied.X "…" request 8f0c…`. */
export function spoken({ code, message, requestId }: TencentError): string {
  return code ? `Tencent: ${code} "${message}" request ${requestId}` : `no answer (${message})`;
}

/**
 * The failure for a call that reads. `wanted` says what for: "read the source postgres-x".
 * Unheard codes and transport faults are retried every `lookMs`: reading twice costs nothing.
 */
export function readFailure(wanted: string, error: TencentError, lookMs: number) {
  const text =
    `Cannot ${wanted}: ${spoken(error)}. ${error.code ? remedyFor(error.code) : ''}`.trim();
  const details = detailsOf(error);
  switch (error.code === undefined ? 'later' : errorClass(error.code)) {
    case 'throttled':
      return cloudUnavailable(text, jittered(lookMs / 4), details);
    case 'state':
      return notReady(text, jittered(lookMs), details);
    case 'denied':
    case 'account':
      return accessDenied(text, details);
    case 'clock':
      return cloudUnavailable(text, jittered(lookMs), details);
    case 'gone':
      return notFound(text, details);
    case 'input':
    case 'broken':
      return preconditionFailed(text, details);
    case 'capacity':
      return quotaExceeded(text, details);
    default:
      return cloudUnavailable(text, jittered(lookMs), details);
  }
}

/**
 * The failure for a create that was sent. Only a refusal that the cloud spells out proves that nothing was
 * made; everything else is `OutcomeUnknown`.
 */
export function createFailure(wanted: string, error: TencentError, lookMs: number) {
  const details = detailsOf(error);
  const refused = (end: string) => `NOT CREATED  ${spoken(error)}. Nothing was made. ${end}`.trim();
  switch (error.code === undefined ? 'unheard' : errorClass(error.code)) {
    case 'throttled':
      return notReady(refused(remedyFor(error.code!)), jittered(lookMs / 4), details);
    case 'state':
      return notReady(refused(remedyFor(error.code!)), jittered(lookMs), details);
    case 'denied':
      return accessDenied(refused(remedyFor(error.code!)), details);
    case 'clock':
      return accessDenied(refused(remedyFor(error.code!)), details);
    case 'account':
    case 'capacity':
      return quotaExceeded(refused(remedyFor(error.code!)), details);
    case 'input':
    case 'gone':
      return preconditionFailed(refused(remedyFor(error.code!)), details);
    default:
      return outcomeUnknown(
        `The call to ${wanted}: ${spoken(error)}. It may exist; it is looked for, and not sent again.`,
        details,
      );
  }
}

export function detailsOf({ code, requestId }: TencentError) {
  return { ...(code ? { code } : {}), ...(requestId ? { requestId } : {}) };
}
