/** The key of this browser: it can be used by pages of this origin, and read by nobody. All tabs have the same one. */

const DATABASE = "dovetail";
const STORE = "keys";
const ALGORITHM = { name: "ECDSA", namedCurve: "P-256" };

/**
 * The key pair of that name, made at the first call.
 *
 * @returns `null` without HTTPS, where browsers give no cryptography.
 * @throws DOMException where they keep nothing, or no keys, as in some private windows.
 */
export async function browserKey(name: string): Promise<CryptoKeyPair | null> {
  if (!globalThis.crypto?.subtle || !globalThis.indexedDB) {
    return null;
  }
  const database = await open();
  try {
    const kept = await done(database.transaction(STORE).objectStore(STORE).get(name));
    return kept ?? (await keep(database, name, await generate()));
  } finally {
    database.close();
  }
}

/** Not extractable: no script can take it elsewhere, not even ours. */
function generate(): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey(ALGORITHM, false, ["sign"]);
}

/** Keeps it, unless another tab has kept one first: reading and writing in one transaction has one winner. */
async function keep(
  database: IDBDatabase,
  name: string,
  made: CryptoKeyPair,
): Promise<CryptoKeyPair> {
  const transaction = database.transaction(STORE, "readwrite", { durability: "strict" });
  const store = transaction.objectStore(STORE);
  const kept: CryptoKeyPair | undefined = await done(store.get(name));
  if (kept) {
    return kept;
  }
  store.put(made, name);
  await new Promise((resolve, reject) => {
    transaction.addEventListener("complete", resolve);
    transaction.addEventListener("abort", () => reject(transaction.error));
  });
  return made;
}

function open(): Promise<IDBDatabase> {
  const request = indexedDB.open(DATABASE, 1);
  request.addEventListener("upgradeneeded", () => request.result.createObjectStore(STORE));
  return done(request);
}

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.addEventListener("success", () => resolve(request.result));
    request.addEventListener("error", () => reject(request.error));
  });
}
