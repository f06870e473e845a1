import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

test("every TypeScript block of the pages on the browser half compiles", () => {
  const folder = mkdtempSync(join(tmpdir(), "docs-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const pages = ["browser.md", "uploads-browser.md", "realtime-browser.md"].map((name) =>
    readFileSync(at(`../../docs/${name}`), "utf8"),
  );
  const blocks = [...pages.join("\n").matchAll(/```ts\n(.*?)```/gs)].map(([, code = ""]) => code);
  expect(blocks.length).toBeGreaterThan(5);

  blocks.forEach((code, index) => {
    writeFileSync(join(folder, `block-${index + 1}.ts`), `${code}\nexport {};\n`);
  });
  writeFileSync(join(folder, "schema.ts"), readFileSync(at("support/paths.ts")));
  writeFileSync(
    join(folder, "tenant-schema.ts"),
    readFileSync(at("codegen/expected/sign-in-session.d.ts")),
  );
  writeFileSync(join(folder, "sockets.ts"), readFileSync(at("codegen/expected/sockets.d.ts")));
  writeFileSync(
    join(folder, "page.d.ts"),
    'declare const dovetail: import("flask-dovetail").Dovetail<import("./schema").paths, import("./sockets").sockets>;',
  );
  writeFileSync(
    join(folder, "tsconfig.json"),
    JSON.stringify({
      compilerOptions: {
        strict: true,
        noEmit: true,
        target: "ES2023",
        lib: ["ES2023", "DOM", "DOM.Iterable"],
        module: "ESNext",
        moduleResolution: "Bundler",
        types: [],
        skipLibCheck: true,
        paths: { "flask-dovetail": [at("../src/index.ts")] },
      },
      include: ["."],
    }),
  );
  const { stdout } = spawnSync(at("../../node_modules/.bin/tsc"), ["-p", folder], {
    encoding: "utf8",
  });

  expect(stdout).toBe("");
});
