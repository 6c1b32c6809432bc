// The bundle's entry: one line per restore. activities/index.ts has the line on the other side of the wall.
export { tencentPostgresClone } from './tencent-postgres-clone.ts';

// What people do around restores.
export { keep, undo } from './by-run.ts';
export { plan, points, sources } from './inquiries.ts';
