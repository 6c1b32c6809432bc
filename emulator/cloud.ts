import type { IncomingHttpHeaders } from 'node:http';
import type { Account } from './accounts.ts';
import type { InventoryRow } from './inventory.ts';

/** The clouds that a request can belong to. The first version serves Tencent alone. */
export const cloudNames = ['alibaba', 'jdcloud', 'tencent'] as const;
export type CloudName = (typeof cloudNames)[number];

/** What a call does to the cloud, as the audit and the fault rules see it. */
export type CallKind = 'read' | 'create' | 'change' | 'delete';

/** One HTTP request as it arrived, its body untouched: signatures are made over bytes. */
export interface HttpRequest {
  readonly method: string;
  /** Path and query as received; of an absolute request target only this part. */
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** One call of a known account, proved by its signature. */
export interface Call {
  readonly seq: number;
  readonly requestId: string;
  readonly account: Account;
  readonly action: string;
  readonly kind: CallKind;
  readonly region: string;
  /** As sent, arrays and objects rebuilt; nothing checked yet. */
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Sent as a query or a form: every value is a string. */
  readonly stringly: boolean;
}

/** What is known of a request whose call is refused before it could be proved. */
export interface Sender {
  readonly accessKeyId: string | null;
  readonly action: string | null;
}

/** Tag values by key. */
export type Tags = Readonly<Record<string, string>>;

/** What the audit says that a call was about. */
export interface Subject {
  readonly resourceId: string | null;
  readonly name: string | null;
  readonly tags: Tags;
}

export interface Performed extends Subject {
  readonly answer: object;
}

/** What is generally known of an action, before any call of it. */
export interface ActionFacts {
  readonly kind: CallKind;
  /** The answer of a list that shows nothing; absent if the action lists nothing. */
  readonly emptyAnswer?: object;
}

/** Somebody else's like-named instance: what the `twin` fault can choose. */
export interface TwinOptions {
  readonly copyTags: boolean;
}

/** One emulated cloud behind the HTTP server. Everything cloud-specific lies behind this port. */
export interface Cloud {
  readonly name: CloudName;
  readonly actions: ReadonlyMap<string, ActionFacts>;
  /** What `corruptBackup` can do to this cloud's backups. */
  readonly damages: readonly string[];
  /** How this cloud says "too many calls". */
  readonly throttled: { readonly code: string; readonly message: string };
  /** How this cloud says "your request is too large". */
  readonly tooLarge: { readonly code: string; readonly message: string };
  /** How this cloud says "I can't read this request at all". */
  readonly unreadable: { readonly code: string; readonly message: string };
  /** How this cloud says that something went wrong on its own side. */
  readonly broken: { readonly code: string; readonly message: string };
  /** What a `refuseDelete` without a code answers. */
  readonly deleteRefused: { readonly code: string; readonly message: string };

  /** Who asks for what, read without believing it. Never throws. */
  identify(request: HttpRequest): Sender;
  /** Proves the signature and names the action; throws a `Refusal`. Parameters are `perform`'s business. */
  open(request: HttpRequest, numbers: { seq: number; requestId: string }): Call;
  /** What the call is about, from its parameters alone. */
  subject(call: Call): Subject;
  /** Does the work; throws a `Refusal`. */
  perform(call: Call): Promise<Performed>;
  makeTwin(call: Call, options: TwinOptions): void;
  write(answer: object, requestId: string, request: HttpRequest): HttpAnswer;
  writeRefusal(refusal: Refusal, requestId: string, request: HttpRequest): HttpAnswer;

  /** Puts the fixtures of an account in place, or what an earlier process saved of it. */
  openAccount(account: Account, saved: unknown): Promise<void>;
  /** Removes all of an account and puts the fixtures back. */
  reset(account: Account): Promise<void>;
  /** Brings everything that time has changed up to date, so that a disarmed fault counts from now. */
  settle(account: Account): void;
  inventory(account: Account): InventoryRow[];
  /** What the state file keeps of an account; plain JSON. */
  save(account: Account): unknown;
}

/** A cloud's "no": its own error code and words. */
export type Refusal = Error & { readonly code: string };

export function refusal(code: string, message: string): Refusal {
  return Object.assign(new Error(message), { code, name: 'Refusal' });
}

export function isRefusal(error: unknown): error is Refusal {
  return error instanceof Error && error.name === 'Refusal';
}
