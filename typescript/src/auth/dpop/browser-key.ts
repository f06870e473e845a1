/** The key pair of this browser. All pages of this origin can use it; no script can read it. */

const DATABASE = "dovetail";
const STORE = "keys";
const ALGORITHM = { name: "ECDSA", namedCurve: "P-256" };

/**
 * Return the key pair of that name, made at the first call.
 *
 * @returns `null` without HTTPS, where browsers offer no cryptography.
 * @throws DOMException where the browser stores nothing, or no keys, as in some private windows.
 */
export async function browserKey(name: string): Promise<CryptoKeyPair | null> {
  if (!globalThis.crypto?.subtle || !globalThis.indexedDB) {
    return null;
  }
  const database = await openDatabase();
  try {
    const stored = await resultOf(database.transaction(STORE).objectStore(STORE).get(name));
    return stored ?? (await storeUnlessPresent(database, name, await generate()));
  } finally {
    database.close();
  }
}

/** Not extractable: no script can copy it, not even the package's own. */
function generate(): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey(ALGORITHM, false, ["sign"]);
}

/** Returns the key pair that is stored in the end: that of the first tab, since one transaction reads and writes. */
async function storeUnlessPresent(
  database: IDBDatabase,
  name: string,
  generated: CryptoKeyPair,
): Promise<CryptoKeyPair> {
  const transaction = database.transaction(STORE, "readwrite", { durability: "strict" });
  const store = transaction.objectStore(STORE);
  const stored: CryptoKeyPair | undefined = await resultOf(store.get(name));
  if (stored) {
    return stored;
  }
  store.put(generated, name);
  await new Promise((resolve, reject) => {
    transaction.addEventListener("complete", resolve);
    transaction.addEventListener("abort", () => reject(transaction.error));
  });
  return generated;
}

function openDatabase(): Promise<IDBDatabase> {
  const request = indexedDB.open(DATABASE, 1);
  request.addEventListener("upgradeneeded", () => request.result.createObjectStore(STORE));
  return resultOf(request);
}

function resultOf<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.addEventListener("success", () => resolve(request.result));
    request.addEventListener("error", () => reject(request.error));
  });
}
