/**
 * What Tencent's documents leave open, decided here and nowhere else, so that a known answer changes
 * one line and a test can try the other one. Every entry is an ASSUMPTION: no source read until
 * 2026-11 settles it (docs/assumptions.md lists them).
 */
export interface TencentAssumptions {
  /** Isolating a protected instance: no page names the code. Match on neither in a client. */
  readonly protectedCode: string;
  /** CloneDBInstance of a source that does not exist: the page lists no InstanceNotFoundError. */
  readonly unknownCloneSourceCode: string;
  /** CloneDBInstance with a backup set or a time that can't be restored. */
  readonly unrestorablePointCode: string;
  /** CloneDBInstance with a security group that the account does not have. */
  readonly unknownSecurityGroupCode: string;
  /** A list filtered by an id that does not exist: an empty list, or InstanceNotFoundError (both are possible by the page). */
  readonly unknownIdInList: 'empty' | 'refused';
  /** Whether isolated instances are in DescribeDBInstances. */
  readonly listsIsolated: boolean;
  /** What a clone that can't be built turns into: there is no failed status. */
  readonly failedClone: 'isolated' | 'stays cloning' | 'gone';
  /** Whether a CloneInstance task is filed under the new instance or under its source. */
  readonly cloneTaskUnder: 'clone' | 'source';
  /** Whether backups outlive a destroyed instance, so that it can still be cloned (DOC 409/72099 says so, an older guide denies it). */
  readonly backupsOutliveInstance: boolean;
  /** From which major version on a surviving backup can be cloned (DOC 409/72099). */
  readonly survivingBackupMinMajor: number;
  /** Whether an instance that has just been bought can be unknown to DescribeDBInstanceAttribute for a moment. */
  readonly attributeLagSeconds: readonly [number, number];
}

export const defaultAssumptions: TencentAssumptions = {
  protectedCode: 'OperationDenied.InstanceStatusLimitError',
  unknownCloneSourceCode: 'InvalidParameterValue.InvalidParameterValueError',
  unrestorablePointCode: 'InvalidParameterValue.InvalidParameterValueError',
  unknownSecurityGroupCode: 'InvalidParameterValue.InvalidParameterValueError',
  unknownIdInList: 'empty',
  listsIsolated: true,
  failedClone: 'isolated',
  cloneTaskUnder: 'clone',
  backupsOutliveInstance: true,
  survivingBackupMinMajor: 11,
  attributeLagSeconds: [0, 5],
};

/**
 * Durations in emulated seconds. ASSUMPTION, all of them: measured clones are not published. Terraform
 * allows 60 min; small object restores in Tencent's own samples took 82 s to 4.6 min (RestoreDBInstanceObjects, 2026-08).
 */
export const durations = {
  applying: [15, 25],
  initing: [50, 70],
  cloning: [300, 420],
  isolating: [50, 70],
  disisolating: [30, 50],
  offlining: [20, 40],
  listLag: [0, 30],
  tagLag: [0, 20],
  orderLag: [5, 40],
  /** An account changes its password (Status 4) for so long after the answer. */
  passwordReset: [10, 30],
  /** How far the end of the recovery window lags behind now, and in which steps it moves. */
  windowLag: 40,
  windowStep: 20,
  /** A finished creation may show running and leave it again (Terraform re-checks for that). */
  flapGlimpse: 30,
  flapAway: 60,
} as const satisfies Record<string, number | readonly [number, number]>;
