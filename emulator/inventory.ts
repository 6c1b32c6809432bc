import type { CloudName, Tags } from './cloud.ts';

/** One thing that exists or existed; `GET /_emulator/inventory` lists them all. */
export interface InventoryRow {
  readonly account: string;
  readonly cloud: CloudName;
  readonly kind: 'instance' | 'database' | 'user';
  readonly id: string;
  /** The instance that a database or user belongs to. */
  readonly instanceId?: string;
  readonly name: string;
  readonly tags: Tags;
  readonly status: string;
  readonly sourceId: string | null;
  readonly origin: 'seed' | 'call' | 'twin';
  /** Audit number of the call that made it; null for fixtures. */
  readonly createdSeq: number | null;
  /** Audit number of the call that deleted it; null if none did (expiry, faults). */
  readonly deletedSeq: number | null;
  readonly createdAt: string;
  /** Null while anything is left of it, isolated or deleting included. */
  readonly deletedAt: string | null;
  readonly engine: {
    readonly emulated: string;
    readonly actual: string;
    readonly version: string;
  } | null;
}
