import type { CallKind, CloudName, Subject, Tags } from './cloud.ts';

/** One call as the audit shows it. `at` is business time. */
export interface AuditEntry {
  readonly seq: number;
  readonly at: string;
  readonly account: string | null;
  readonly cloud: CloudName;
  readonly action: string | null;
  readonly kind: CallKind;
  resourceId: string | null;
  name: string | null;
  tags: Tags;
  outcome: 'ok' | 'refused' | 'unanswered';
  code: string | null;
  readonly requestId: string;
}

export interface Audit {
  /** The number of the next call. Numbers never repeat, also over restarts with a data directory. */
  nextSeq(): number;
  /** Writes a call down on arrival: until `settle`, it counts as unanswered. */
  begin(entry: AuditEntry): void;
  /** Amends what became of a call. */
  settle(seq: number, change: Partial<Subject & Pick<AuditEntry, 'outcome' | 'code'>>): void;
  /** All calls of one account after `since`, in order. */
  since(seq: number, account: string): AuditEntry[];
}

/** Every call in order. `onChange` gets each new version of an entry, for the state file. */
export function createAudit(options: {
  saved?: readonly AuditEntry[];
  onChange?: (entry: AuditEntry) => void;
}): Audit {
  const entries = new Map((options.saved ?? []).map((entry) => [entry.seq, entry]));
  let last = [...entries.keys()].reduce((highest, seq) => Math.max(highest, seq), 0);
  return {
    nextSeq: () => ++last,
    begin: (entry) => {
      entries.set(entry.seq, entry);
      options.onChange?.(entry);
    },
    settle: (seq, change) => {
      const entry = entries.get(seq);
      if (!entry) return;
      Object.assign(entry, change);
      options.onChange?.(entry);
    },
    since: (seq, account) =>
      [...entries.values()].filter((entry) => entry.seq > seq && entry.account === account),
  };
}
