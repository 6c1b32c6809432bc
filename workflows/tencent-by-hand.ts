/** Commands of Tencent's own CLI, for the night when nothing of ours works. Pure text, used on both sides. */

/** The same steps as the undo. */
export function removeByHand(region: string, instanceId: string): string[] {
  const at = `--region ${region}`;
  return [
    `tccli postgres ModifyDBInstanceDeletionProtection ${at} --DBInstanceId ${instanceId} --DeletionProtection False`,
    `tccli postgres IsolateDBInstances ${at} --DBInstanceIdSet '["${instanceId}"]'`,
    `tccli postgres DestroyDBInstance ${at} --DBInstanceId ${instanceId}`,
  ];
}

/** Whether anything of that name exists; the filter is fuzzy, so compare the name. */
export function lookByHand(region: string, name: string): string {
  const filters = JSON.stringify([{ Name: 'db-instance-name', Values: [name] }]);
  return `tccli postgres DescribeDBInstances --region ${region} --Filters '${filters}'`;
}
