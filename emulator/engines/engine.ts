/**
 * The port between the emulated clouds and the real databases behind them. A cloud's lifecycle asks
 * for databases through this port and never knows which program runs; `--engines none` is the absence
 * of an `EngineHost`.
 *
 * Times in this file are *business* times: what the emulated cloud shows in its API, wall time plus
 * whatever `POST /_emulator/clock` has added. The host keeps the mapping to the engine's own clock.
 */

/** What an emulated instance can show of the database behind it. */
export interface EngineDescription {
  /** What really runs, e.g. "PostgreSQL 18.4". */
  readonly actual: string;
  /** e.g. "18.4". */
  readonly version: string;
}

/** Where a database listens: a loopback address of its own, or a free port where only 127.0.0.1 exists. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** One finished physical backup; restoring it gives the rows committed up to `finishedAt`. */
export interface EngineBackup {
  readonly id: string;
  readonly startedAt: Date;
  readonly finishedAt: Date;
  readonly sizeBytes: number;
}

/** One running (or stopped) database server that stands behind one emulated instance. */
export interface EngineInstance {
  readonly instanceId: string;
  readonly endpoint: Endpoint;
  readonly description: EngineDescription;
  /** Stops the server and keeps its data; `start` brings it back. Idempotent. */
  stop(): Promise<void>;
  start(): Promise<void>;
  /** Stops the server and deletes its data, archive and backups. Idempotent. */
  destroy(): Promise<void>;
  /** Takes a physical backup of the running server. */
  takeBackup(options: { id: string }): Promise<EngineBackup>;
  /** All backups that can still be restored, oldest first. */
  backups(): EngineBackup[];
  /** First and last second to which this instance can be restored now. The end moves as WAL is archived. */
  recoverableRange(): { begin: Date; end: Date };
}

/** Where a restore starts from: a backup as it was finished, or every commit up to and including a moment. */
export type RestorePoint =
  | { readonly kind: 'backup'; readonly backupId: string }
  | { readonly kind: 'time'; readonly at: Date };

/** Damage done to what a restore reads; the restore itself does not complain (see the control API's `corruptBackup`). */
export type PostgresDamage = 'walGap' | 'cutFile' | 'flipBytes' | 'wrongTimeline';

/** Runs the databases behind one emulator. Everything it makes lives below one directory. */
export interface EngineHost {
  readonly description: EngineDescription;
  /** Which program was found and where, for the ready line and the evidence: "PostgreSQL 18.4 from npm". */
  readonly from: string;
  /** A seeded source: its own initdb, accounts, labelled history reaching back 3 h, backups, archive and a writer. */
  createSource(options: { instanceId: string; endpoint: Endpoint }): Promise<EngineInstance>;
  /** A real restore of `sourceId` into a server of its own. Rejects with the engine's own words when it refuses. */
  restore(options: {
    instanceId: string;
    endpoint: Endpoint;
    sourceId: string;
    point: RestorePoint;
    damage?: PostgresDamage;
  }): Promise<EngineInstance>;
  /** Opens an instance that an earlier emulator process left below the same directory; undefined if it has no data. */
  reopen(options: { instanceId: string; endpoint: Endpoint }): Promise<EngineInstance | undefined>;
  /** Stops every server that this host started. */
  close(): Promise<void>;
}

/** Business time: wall time plus what the control API has added, and its history for mapping moments back. */
export interface BusinessClock {
  now(): Date;
  /** The wall time at which business time first reached `at`; a moment skipped by an advance maps to the jump. */
  wallTimeOf(at: Date): Date;
}
