/** Who uses the starter in a test. */

import { randomUUID } from "node:crypto";

export interface Person {
  name: string;
  email: string;
  password: string;
}

export function newPerson(): Person {
  const id = randomUUID().slice(0, 8);
  return { name: `Person ${id}`, email: `${id}@example.com`, password: `password ${id}` };
}
