/** Changes to the starter's SQLite file, for what takes too long otherwise. Not in set-ups with services. */

import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import type { Person } from "./people.ts";
import { demoPassword, type Starter } from "./starter.ts";

/** Makes `person` look as if they had signed in an hour earlier. */
export function signedInAnHourAgo(starter: Starter, { email }: Pick<Person, "email">): void {
  const changes = run(
    starter,
    "UPDATE dovetail_logins SET created_at = created_at - 3600 " +
      "WHERE subject = (SELECT CAST(id AS TEXT) FROM users WHERE email = ?)",
    email,
  );
  if (changes === 0) {
    throw new Error(`${email} is not signed in anywhere.`);
  }
}

/**
 * Makes an account whose password is the demo people's. Their hash is there already; a sign-up computes one of its own,
 * which takes a fifth of a second of a processor.
 */
export function addPerson(starter: Starter, { name, email }: Omit<Person, "password">): Person {
  const changes = run(
    starter,
    "INSERT INTO users (email, name, bio, role, password_hash, joined_at) " +
      "SELECT ?, ?, '', 'member', password_hash, joined_at FROM users WHERE email = 'demo@example.com'",
    email,
    name,
  );
  if (changes === 0) {
    throw new Error("The starter has no demo people.");
  }
  return { name, email, password: demoPassword };
}

function run(starter: Starter, statement: string, ...values: SQLInputValue[]) {
  const database = new DatabaseSync(starter.database);
  database.exec("PRAGMA busy_timeout = 5000");
  const { changes } = database.prepare(statement).run(...values);
  database.close();
  return changes;
}
