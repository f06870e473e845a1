/** The languages the product speaks, and which of them this person reads. */

/** Each language by its own name. A new one needs a line here and a catalog of the same name beside this file. */
export const languages = { en: "English", ko: "한국어" } as const;

export type Language = keyof typeof languages;

const storageKey = "language";

function isLanguage(value: string | null): value is Language {
  return value !== null && Object.hasOwn(languages, value);
}

/** The chosen language, else the first of the browser's languages that we speak, else English. */
export function preferredLanguage(): Language {
  const chosen = readChoice();
  if (isLanguage(chosen)) {
    return chosen;
  }
  const spoken = navigator.languages.map((tag) => tag.split("-", 1)[0] ?? "");
  return spoken.find(isLanguage) ?? "en";
}

export function rememberLanguage(language: Language): void {
  try {
    localStorage.setItem(storageKey, language);
  } catch {
    // Storage is refused (private mode, policy): the choice holds until the page is closed.
  }
}

function readChoice(): string | null {
  try {
    return localStorage.getItem(storageKey);
  } catch {
    return null;
  }
}
