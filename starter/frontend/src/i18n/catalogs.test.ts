import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import commentsEn from "../comments/en.json";
import commentsKo from "../comments/ko.json";
import filesEn from "../files/en.json";
import filesKo from "../files/ko.json";
import notificationsEn from "../notifications/en.json";
import notificationsKo from "../notifications/ko.json";
import commonEn from "./en.json";
import commonKo from "./ko.json";
import type { languages } from "./languages";

type Catalog = { [key: string]: string | Catalog };

const en = { ...commonEn, ...commentsEn, ...filesEn, ...notificationsEn };
const ko = { ...commonKo, ...commentsKo, ...filesKo, ...notificationsKo };
const catalogs: Record<keyof typeof languages, Catalog> = { en, ko };
const source = sourceFiles(join(import.meta.dirname, ".."))
  .map((file) => readFileSync(file, "utf8"))
  .join("\n");

test("every language has the same messages, each in all of its plural forms", () => {
  for (const [language, catalog] of Object.entries(catalogs)) {
    const forms = new Intl.PluralRules(language).resolvedOptions().pluralCategories;
    const wanted = messages(en).flatMap((message) =>
      isPlural(message) ? forms.map((form) => `${message}_${form}`) : message,
    );
    expect(keys(catalog).toSorted(), language).toEqual(wanted.toSorted());
  }
});

test("a message takes the same values in every language", () => {
  const english = new Map(entries(en));
  for (const [key, text] of entries(ko)) {
    expect(placeholders(text), key).toEqual(placeholders(english.get(key) ?? ""));
  }
});

test("no message is empty, and every Korean one is written in Korean", () => {
  for (const [key, text] of [...entries(en), ...entries(ko)]) {
    expect(text.trim(), key).not.toBe("");
  }
  for (const [key, text] of entries(ko)) {
    expect(text, key).toMatch(/[가-힣]/);
  }
});

test("every message is used", () => {
  const unused = messages(en).filter((message) => {
    const group = message.slice(0, message.lastIndexOf("."));
    return !source.includes(`"${message}"`) && !isComposed(message, group);
  });
  expect(unused).toEqual([]);
});

test("every key that the source asks for exists", () => {
  const asked = [...source.matchAll(/\bt\(\s*"([^"]+)"/g)].map(([, key]) => key);
  expect(asked.length).toBeGreaterThan(50);
  expect(asked.filter((key) => !messages(en).includes(key ?? ""))).toEqual([]);
});

/**
 * Keys that the source puts together: `problem.${code}`, `refusal.${code}`, `upload.${action}Label`,
 * `error.${reason}.heading` and `signIn.${reason}.title`. Types hold their parts.
 */
function isComposed(message: string, group: string): boolean {
  const last = message.slice(group.length + 1);
  return (
    (group === "problem" && source.includes(`${last}: true`)) ||
    (group === "refusal" && source.includes(`${last}: {`)) ||
    (group === "upload" && source.includes(`"${last.replace("Label", "")}"`)) ||
    (/^(?:error|signIn)\./.test(group) && source.includes(`"${group.split(".")[1]}"`))
  );
}

/** Keys without their plural forms. */
function messages(catalog: Catalog): string[] {
  return [
    ...new Set(keys(catalog).map((key) => key.replace(/_(?:zero|one|two|few|many|other)$/, ""))),
  ];
}

function isPlural(message: string): boolean {
  return keys(en).includes(`${message}_other`);
}

function keys(catalog: Catalog): string[] {
  return entries(catalog).map(([key]) => key);
}

function entries(catalog: Catalog, prefix = ""): [string, string][] {
  return Object.entries(catalog).flatMap(([key, value]) =>
    typeof value === "string"
      ? [[prefix + key, value] as [string, string]]
      : entries(value, `${prefix}${key}.`),
  );
}

function placeholders(text: string): string[] {
  return (text.match(/\{\{\w+\}\}/g) ?? []).toSorted();
}

function sourceFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => /(?<!\.test|\.d)\.tsx?$/.test(name))
    .map((name) => join(folder, name));
}
