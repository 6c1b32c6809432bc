/**
 * The words that all restores share: what a run is, what it promises, what it hands over. Plain data, it
 * travels through histories: fields may be added, never renamed.
 */

/** Who a restore is, the same over retries, continue-as-new and reset; new with every start. */
export interface RunIdentity {
  /** `firstExecutionRunId`: the proof of ownership in names and tags. */
  restoreId: string;
  /** Workflow id of the root run: the restore itself, or the drill or runbook above it. */
  owner: string;
}

/** How our instance is told from everybody else's: its exact name and its tags. */
export interface Mark extends RunIdentity {
  name: string;
  tags: Record<string, string>;
}

/** All in milliseconds of real time, already divided by the time scale. */
export interface Timing {
  /** Longest time for one HTTP call. */
  requestMs: number;
  /** Start-to-close of a create attempt: after it, this attempt can send nothing any more. */
  createMs: number;
  /** How often a waiting activity looks. */
  lookMs: number;
  /** How long after a create its instance may be missing from lists: createMs + list lag. */
  settlingMs: number;
  /** How long a refused delete waits. */
  undoRetryMs: number;
}

/** A request as this run will carry it out: parsed, defaults filled, account and region pinned. */
export interface Order<Request> {
  restore: string;
  request: Request;
  account: string;
  region: string;
  timeZone: string;
  mark: Mark;
  timing: Timing;
  deadlines: { checkMs: number; waitMs?: number; undoMs: number };
  onFailure: OnFailure;
  /** Search attributes that this namespace knows; upserting another one would leave the run stuck. */
  searchAttributes: string[];
  timeScale: number;
}

export type OnFailure = 'undo' | 'keep';

/** One precondition, proved by a named read call. `wait` passes by itself and never reaches a result. */
export interface Check {
  name: string;
  expected: string;
  seen: string;
  ok: 'yes' | 'no' | 'warn' | 'wait';
}

export type Phase = 'check' | 'create' | 'wait' | 'reach' | 'done' | 'undo' | 'keep';

export interface PhaseRecord {
  phase: Phase;
  startedAt: string;
  endedAt?: string;
}

/** Something that exists because of us and that we could not, or must not, remove. */
export interface LeftOver {
  id: string;
  status: string;
  /** ISO 8601; when it was first seen in this state, or made. */
  since?: string;
  why: string;
  /** Commands that remove it by hand, in order. */
  remedy: string[];
}

/** Who ended our ownership, and why. */
export interface Keeper {
  by: string;
  reason?: string;
  protect?: boolean;
  at: string;
}

/** What a create that was accepted, or found again, told us. */
export interface Accepted {
  /** Absent for prepaid orders until the order names it. */
  instanceId?: string;
  how: 'accepted' | 'found';
  /** False for one that is found on its way out: never adopted, only removed. */
  alive: boolean;
  requestId?: string;
  /** Response fields of the API document, verbatim. */
  cloud: Record<string, unknown>;
}

/** What a finished restore hands over. */
export interface RestoredInstance {
  restore: string;
  restoreId: string;
  instanceId: string;
  name: string;
  account: string;
  region: string;
  endpoint: { host: string; port: number };
  login: string;
  restoredFrom: { source: string; text: string; utc?: string; backup?: string };
  checks: Check[];
  phases: PhaseRecord[];
  /** Request ids of every changing call. */
  requestIds: Record<string, string>;
  /** Whether the verify worker could open a connection to the endpoint. */
  reachable: { ok: boolean; seen: string };
  differsFromSource: string[];
  warnings: string[];
  /** Empty unless a second instance of ours came late and could not be removed. */
  leftBehind: LeftOver[];
  verdict: string;
  kept?: Keeper;
  timeScale: number;
  /** Every response field of the API document. */
  cloud: Record<string, unknown>;
}
