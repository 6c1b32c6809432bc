import type { Tags } from '../cloud.ts';
import type { Endpoint } from '../engines/engine.ts';

/** What happens at the moment when a stage is entered. */
export type Mark = 'built' | 'failed' | 'isolated' | 'returned' | 'gone';

/** One status on an instance's way, for so many emulated seconds; null is for good. */
export interface Stage {
  readonly status: string;
  readonly seconds: number | null;
  readonly marks?: Mark;
  /** Why a build ends here, for its task. */
  readonly reason?: string;
  /** This stage lasts at least until the database behind the instance answers. */
  readonly awaitsDatabase?: boolean;
  /** A `stuck` fault: the stage lasts while that fault is armed. */
  readonly heldBy?: string;
}

export interface Life {
  stages: Stage[];
  index: number;
  /** Wall time in ms: lifecycles run in real time × scale, not on the business clock. */
  enteredAt: number;
  /** The stage was seen outlasting its time, so the next one begins when it is let go. */
  held: boolean;
}

export interface Node {
  readonly role: 'Primary' | 'Standby';
  readonly zone: string;
}

/** One backup that is not a real database's own. */
export interface PlannedBackup {
  readonly id: string;
  readonly method: 'physical' | 'logical';
  readonly mode: 'automatic' | 'manual';
  readonly state: 'finished' | 'failed';
  readonly finishedAt: number;
  readonly expiresAt: number;
}

/** One emulated instance; plain JSON, times in ms. `…At` is business time, `…From` is wall time. */
export interface Instance {
  readonly id: string;
  readonly region: string;
  name: string;
  tags: Tags;
  readonly specCode: string;
  readonly storageGb: number;
  readonly vpcId: string;
  readonly subnetId: string;
  readonly securityGroupIds: readonly string[];
  readonly nodes: readonly Node[];
  readonly majorVersion: string;
  readonly version: string;
  readonly kernelVersion: string;
  readonly payType: 'prepaid' | 'postpaid';
  readonly autoRenew: number;
  readonly projectId: number;
  deletionProtection: boolean;
  readonly createdAt: number;
  updatedAt: number;
  readonly expiresAt: number | null;
  builtAt: number | null;
  isolatedAt: number | null;
  goneAt: number | null;
  /** How much there is to restore: decides the smallest clone. */
  readonly dataGb: number;
  readonly minSpecCode: string;
  readonly endpoint: Endpoint;
  /** The last new password of an account, by its name: when it was set (business time), and when that is done (wall time). */
  passwords?: Readonly<Record<string, { readonly setAt: number; readonly doneFrom: number }>>;
  /** Whether a real database stands behind it. */
  readonly hasDatabase: boolean;
  readonly restoredFrom: {
    readonly sourceId: string;
    readonly backupId: string | null;
    readonly at: number | null;
  } | null;
  readonly attributeFrom: number;
  readonly listedFrom: number;
  readonly tagsFrom: number;
  /** Backups beside those of the daily plan. */
  readonly extraBackups: readonly PlannedBackup[];
  /** Business time of one backup of the daily plan; null before the instance is built. */
  backupAnchor: number | null;
  readonly firstBackupAt: number | null;
  /** The last daily backup that was ordered of a real database. */
  lastBackupId: string | null;
  /** A `stuck` fault whose status only comes when the instance leaves. */
  readonly stuckLeaving: { readonly status: string; readonly faultId: string } | null;
  readonly origin: 'seed' | 'call' | 'twin';
  readonly createdSeq: number | null;
  deletedSeq: number | null;
  life: Life;
}

export const statusOf = (instance: Instance): string =>
  instance.life.stages[instance.life.index]?.status ?? 'running';

export const isGone = (instance: Instance): boolean => instance.goneAt !== null;
