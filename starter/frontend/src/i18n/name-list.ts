import { perLanguage } from "./per-language";

const list = perLanguage((language) => new Intl.ListFormat(language));

/** "Ada, Bo and Chen". */
export function nameList(names: readonly string[], language: string): string {
  return list(language).format(names);
}
