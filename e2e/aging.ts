/** Makes logins older than they are, which no test has the time to wait for. */

import { DatabaseSync } from "node:sqlite";
import type { Person } from "./fixtures.ts";
import type { Starter } from "./starter.ts";

/** As if `person` had signed in an hour earlier. Only where logins are kept in SQLite. */
export function signedInAnHourAgo(starter: Starter, { email }: Pick<Person, "email">): void {
  const database = new DatabaseSync(starter.database);
  database.exec("PRAGMA busy_timeout = 5000");
  const { changes } = database
    .prepare(
      "UPDATE dovetail_logins SET created_at = created_at - 3600 " +
        "WHERE subject = (SELECT CAST(id AS TEXT) FROM users WHERE email = ?)",
    )
    .run(email);
  database.close();
  if (changes === 0) {
    throw new Error(`${email} is not signed in anywhere.`);
  }
}
