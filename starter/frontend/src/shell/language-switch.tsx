import { useTranslation } from "react-i18next";
import { type Language, languages } from "../i18n/languages";
import { switchLanguage } from "../i18n/start";

/** One button for each language but the present one, in its own words. */
export function LanguageSwitch() {
  const { i18n } = useTranslation();
  const others = (Object.keys(languages) as Language[]).filter((one) => one !== i18n.language);
  return others.map((language) => (
    <button
      key={language}
      type="button"
      lang={language}
      onClick={() => void switchLanguage(language)}
    >
      {languages[language]}
    </button>
  ));
}
