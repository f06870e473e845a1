/** Making a formatter costs more than all that it formats on one screen, so there is one of each per language. */
export function perLanguage<Format>(
  make: (language: string) => Format,
): (language: string) => Format {
  const made = new Map<string, Format>();
  return (language) => {
    const format = made.get(language) ?? make(language);
    made.set(language, format);
    return format;
  };
}
