import {
  defineQuery,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { Keeper, OnFailure, Phase, PhaseRecord } from './restore.ts';

/** What the `status` query answers. */
export interface Status {
  phase: Phase;
  doing: string;
  phases: PhaseRecord[];
  name?: string;
  source?: string;
  instanceId?: string;
  onFailure: OnFailure;
  kept?: Keeper;
  ifYouDoNothing: string;
}

export const statusQuery = defineQuery<Status>('status');

export interface Progress {
  readonly status: Status;
  /** Opens a phase and closes the one before. */
  enter(phase: Phase, doing: string): void;
  /** Adds facts to the status without changing the phase. */
  note(facts: Partial<Status>): void;
  /** From now on phases are also written to those search attributes that the namespace knows. */
  index(options: { known: string[]; source: string; restoreId: string }): void;
  /** Closes the last phase; `outcome` goes to the search attribute. */
  close(outcome: 'restored' | 'failed' | 'cancelled' | 'leftBehind' | 'kept'): void;
}

/** Follows one restore for people: the `status` query, current details, search attributes. */
export function startProgress(): Progress {
  let known = new Set<string>();
  const status: Status = {
    phase: 'check',
    doing: 'reading the request',
    phases: [],
    onFailure: 'undo',
    ifYouDoNothing: 'it is created as soon as every check passes',
  };
  const now = () => new Date(Date.now()).toISOString();
  const upsert = (values: Record<string, string>) => {
    const pairs = Object.entries(values)
      .filter(([name]) => known.has(name))
      .map(([name, value]) => ({ key: { name, type: 'KEYWORD' as const }, value }));
    if (pairs.length > 0) upsertSearchAttributes(pairs);
  };
  const show = () => setCurrentDetails(markdown(status));
  const endPhase = () => {
    const last = status.phases.at(-1);
    if (last && !last.endedAt) last.endedAt = now();
  };
  setHandler(statusQuery, () => status, {
    description: 'Phase, what it is doing, what happens if you do nothing',
  });
  return {
    status,
    enter(phase, doing) {
      endPhase();
      status.phase = phase;
      status.doing = doing;
      status.phases.push({ phase, startedAt: now() });
      status.ifYouDoNothing = outlook(status);
      upsert({ LifeboatPhase: phase });
      show();
    },
    note(facts) {
      Object.assign(status, facts);
      status.ifYouDoNothing = outlook(status);
      show();
    },
    index({ known: names, source, restoreId }) {
      known = new Set(names);
      upsert({
        LifeboatType: workflowInfo().workflowType,
        LifeboatSource: source,
        LifeboatRestoreId: restoreId,
        LifeboatPhase: status.phase,
      });
    },
    close(outcome) {
      endPhase();
      upsert({ LifeboatOutcome: outcome });
    },
  };
}

/** "If you do nothing: …", by phase. */
function outlook({ phase, onFailure, kept }: Status): string {
  if (kept) return `what comes is kept for ${kept.by}; nothing is deleted`;
  const failure = onFailure === 'keep' ? 'kept and reported' : 'deleted';
  switch (phase) {
    case 'check':
      return 'it is created as soon as every check passes; nothing exists yet';
    case 'create':
    case 'wait':
    case 'reach':
      return `it goes on by itself; if it fails, what it made is ${failure}`;
    case 'undo':
      return 'what was made is deleted; nothing to do here';
    case 'done':
    case 'keep':
      return 'the instance stays, is yours, and bills';
  }
}

function markdown(status: Status): string {
  const lines = [
    `**${status.phase}**: ${status.doing}`,
    status.instanceId ? `Instance \`${status.instanceId}\`` : '',
    status.source ? `Source \`${status.source}\`: read, never changed` : '',
    `If you do nothing: ${status.ifYouDoNothing}.`,
    'Cancel undoes; **never terminate**: no undo would run.',
  ];
  return lines.filter((line) => line !== '').join('\n\n');
}
