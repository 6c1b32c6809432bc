import { Client } from 'pg';

export interface Rows {
  count: number;
  newest: string;
}

interface Login {
  host: string;
  port: number;
}

/** The shop's own login, as the emulator's fixtures document it; a clone has it from its source. */
const shop = { user: 'orders_app', password: 'orders-app-2026', database: 'orders' };

async function asShop<T>(endpoint: Login, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ ...endpoint, ...shop, connectionTimeoutMillis: 5000 });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

const newestOrder = `to_char(max(created_at) at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.MS')`;

/** What was committed up to and including a second, asked of the source itself. */
export function rowsCommittedUpTo(endpoint: Login, second: Date): Promise<Rows> {
  return asShop(endpoint, async (client) => {
    const { rows } = await client.query<Rows>(
      `select count(*)::int as count, ${newestOrder} as newest from orders
        where pg_xact_commit_timestamp(xmin) <= $1`,
      [second],
    );
    return rows[0]!;
  });
}

/** All that is there. */
export function rowsIn(endpoint: Login): Promise<Rows> {
  return asShop(endpoint, async (client) => {
    const { rows } = await client.query<Rows>(
      `select count(*)::int as count, ${newestOrder} as newest from orders`,
    );
    return rows[0]!;
  });
}

/** The accident: a migration that forgot its where clause. Returns how many rows it destroyed. */
export function emptyOrders(endpoint: Login): Promise<number> {
  return asShop(endpoint, async (client) => {
    const { rowCount } = await client.query('delete from orders');
    return rowCount ?? 0;
  });
}
