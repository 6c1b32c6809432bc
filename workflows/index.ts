// The bundle's entry: one line per restore. activities/index.ts has the line on the other side of the wall.
export { tencentPostgresClone } from './tencent-postgres-clone.ts';
