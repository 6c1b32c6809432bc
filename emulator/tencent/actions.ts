import type { Action } from './action.ts';
import * as change from './change.ts';
import { cloneDBInstance } from './clone.ts';
import * as databaseAccounts from './database-accounts.ts';
import * as backups from './read-backups.ts';
import * as catalog from './read-catalog.ts';
import * as instances from './read-instances.ts';
import * as progress from './read-progress.ts';
import * as tags from './tags.ts';

/** Every action that this cloud serves, by its name in the API. */
export const actions: ReadonlyMap<string, Action> = new Map<string, Action>([
  ['CloneDBInstance', cloneDBInstance],
  ['DescribeDBInstances', instances.describeDBInstances],
  ['DescribeDBInstanceAttribute', instances.describeDBInstanceAttribute],
  ['DescribeAccounts', databaseAccounts.describeAccounts],
  ['ResetAccountPassword', databaseAccounts.resetAccountPassword],
  ['DescribeDBInstanceSecurityGroups', instances.describeDBInstanceSecurityGroups],
  ['DescribeBaseBackups', backups.describeBaseBackups],
  ['DescribeLogBackups', backups.describeLogBackups],
  ['DescribeAvailableRecoveryTime', backups.describeAvailableRecoveryTime],
  ['DescribeCloneDBInstanceSpec', backups.describeCloneDBInstanceSpec],
  ['DescribeClasses', catalog.describeClasses],
  ['DescribeZones', catalog.describeZones],
  ['DescribeRegions', catalog.describeRegions],
  ['DescribeOrders', progress.describeOrders],
  ['DescribeTasks', progress.describeTasks],
  ['ModifyDBInstanceName', change.modifyDBInstanceName],
  ['ModifyDBInstanceDeletionProtection', change.modifyDBInstanceDeletionProtection],
  ['IsolateDBInstances', change.isolateDBInstances],
  ['DisIsolateDBInstances', change.disIsolateDBInstances],
  ['DestroyDBInstance', change.destroyDBInstance],
  ['DescribeResourceTagsByResourceIds', tags.describeResourceTagsByResourceIds],
  ['ModifyResourceTags', tags.modifyResourceTags],
  ['TagResources', tags.tagResources],
  ['UnTagResources', tags.unTagResources],
  ['DescribeResourcesByTags', tags.describeResourcesByTags],
  ['GetResources', tags.getResources],
]);

export const versions: ReadonlySet<string> = new Set(
  [...actions.values()].map(({ version }) => version),
);
