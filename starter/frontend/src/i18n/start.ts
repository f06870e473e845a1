/** Loads catalogs, one chunk per language and part, and keeps <html lang> in step. */

import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import { type Language, preferredLanguage, rememberLanguage } from "./languages";

/** `common` is there from the start; the words of the other parts come with the screens that say them. */
const catalogs = {
  common: { en: () => import("./en.json"), ko: () => import("./ko.json") },
  comments: { en: () => import("../comments/en.json"), ko: () => import("../comments/ko.json") },
  files: { en: () => import("../files/en.json"), ko: () => import("../files/ko.json") },
  notifications: {
    en: () => import("../notifications/en.json"),
    ko: () => import("../notifications/ko.json"),
  },
} satisfies Record<string, Record<Language, () => Promise<unknown>>>;

type Part = keyof typeof catalogs;

/** The parts that somebody has asked for: a language is only complete with all of them. */
const wanted = new Set<Part>(["common"]);

let tellStarted = () => {};
const started = new Promise<void>((resolve) => {
  tellStarted = resolve;
});

/** Resolves when the first screen can be written in the reader's language. */
export async function startTranslations(): Promise<void> {
  const language = preferredLanguage();
  const catalog = await catalogs.common[language]();
  await i18next.use(initReactI18next).init({
    lng: language,
    fallbackLng: false,
    resources: { [language]: { translation: catalog.default } },
    interpolation: { escapeValue: false }, // React escapes
    returnEmptyString: false,
  });
  showLanguage(language);
  tellStarted();
}

/** Resolves when a screen that needs the words of `part` can be written. */
export async function loadWords(part: Part): Promise<void> {
  wanted.add(part);
  await started; // the router begins with the page, and so does this
  await addWords(i18next.language as Language, part);
}

/** Changes every text on the screen at once, after the catalogs have arrived, and remembers the choice. */
export async function switchLanguage(language: Language): Promise<void> {
  await Promise.all([...wanted].map((part) => addWords(language, part)));
  await i18next.changeLanguage(language);
  showLanguage(language);
  rememberLanguage(language);
}

async function addWords(language: Language, part: Part): Promise<void> {
  const catalog = await catalogs[part][language]();
  i18next.addResourceBundle(language, "translation", catalog.default, true);
}

function showLanguage(language: Language): void {
  document.documentElement.lang = language;
  document.documentElement.dir = i18next.dir(language);
}
