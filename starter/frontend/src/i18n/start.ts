/** Loads catalogs, one chunk per language, and keeps <html lang> in step. */

import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import { type Language, preferredLanguage, rememberLanguage } from "./languages";

const catalogs = {
  en: () => import("./en.json"),
  ko: () => import("./ko.json"),
} satisfies Record<Language, () => Promise<unknown>>;

/** Resolves when the first screen can be written in the reader's language. */
export async function startTranslations(): Promise<void> {
  const language = preferredLanguage();
  const catalog = await catalogs[language]();
  await i18next.use(initReactI18next).init({
    lng: language,
    fallbackLng: false,
    resources: { [language]: { translation: catalog.default } },
    interpolation: { escapeValue: false }, // React escapes
    returnEmptyString: false,
  });
  document.documentElement.lang = language;
  document.documentElement.dir = i18next.dir(language);
}

/** Changes every text on the screen at once, after the catalog has arrived, and remembers the choice. */
export async function switchLanguage(language: Language): Promise<void> {
  const catalog = await catalogs[language]();
  i18next.addResourceBundle(language, "translation", catalog.default);
  await i18next.changeLanguage(language);
  document.documentElement.lang = language;
  document.documentElement.dir = i18next.dir(language);
  rememberLanguage(language);
}
