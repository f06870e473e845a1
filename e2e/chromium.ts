/**
 * Which Chromium drives the tests: $CHROMIUM, the system's, the one inside @sparticuz/chromium (Linux, x64), else
 * Playwright's own.
 */

import { execFile } from "node:child_process";
import { access, mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { root } from "./root.ts";

export interface Chromium {
  /** Absent: Playwright's own. */
  executablePath?: string;
  env: Record<string, string>;
  args: string[];
}

const folder = join(root, ".tools", "chromium");

/** Quiet, and without a sandbox where the kernel refuses one: as root. */
const args = [
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
  "--disable-quic",
  ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
];

/** The packaged browser looks for fonts here: the machine's where it has any, and the packaged ones. */
const fonts = `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>/usr/share/fonts</dir>
  <dir>${join(folder, "fonts")}</dir>
  <cachedir>${join(folder, "fonts-cache")}</cachedir>
</fontconfig>
`;

export async function findChromium(): Promise<Chromium> {
  const env = environment();
  const candidates = [env["CHROMIUM"], ...onPath("chromium"), ...onPath("chromium-browser")];
  for (const executablePath of candidates) {
    if (executablePath && (await runs(executablePath, env))) {
      return { executablePath, env, args };
    }
  }
  if (process.platform === "linux" && process.arch === "x64") {
    await unpack();
    const executablePath = join(folder, "chromium");
    const packaged = packagedEnvironment(env);
    if (await runs(executablePath, packaged)) {
      return { executablePath, env: packaged, args };
    }
  }
  return { env, args };
}

/** UTF-8 where nothing is said: Chromium reads the names of files by it. */
function environment(): Record<string, string> {
  const given = Object.entries(process.env).map(([key, value]) => [key, value ?? ""]);
  return { LANG: "C.UTF-8", ...Object.fromEntries(given) };
}

function onPath(name: string): string[] {
  return (process.env["PATH"] ?? "").split(delimiter).map((place) => join(place, name));
}

async function runs(executable: string, env: Record<string, string>): Promise<boolean> {
  try {
    await access(executable);
    const { stdout } = await promisify(execFile)(executable, ["--version"], { env });
    return /\d+\./.test(stdout);
  } catch {
    return false;
  }
}

/** The package brings the shared libraries and the fonts that a bare machine lacks. */
function packagedEnvironment(env: Record<string, string>): Record<string, string> {
  const libraries = [join(folder, "al2023", "lib"), env["LD_LIBRARY_PATH"]];
  return {
    ...env,
    LD_LIBRARY_PATH: libraries.filter(Boolean).join(delimiter),
    FONTCONFIG_FILE: env["FONTCONFIG_FILE"] ?? join(folder, "fonts.conf"),
  };
}

/** Once per checkout; an interrupted attempt leaves nothing behind that looks finished. */
async function unpack(): Promise<void> {
  if (
    await access(folder).then(
      () => true,
      () => false,
    )
  ) {
    return;
  }
  await mkdir(join(root, ".tools"), { recursive: true });
  const unfinished = await mkdtemp(join(root, ".tools", "chromium-"));
  const { TMPDIR } = process.env;
  process.env["TMPDIR"] = unfinished; // the package unpacks into os.tmpdir()
  const { inflate } = await import("@sparticuz/chromium");
  const packed = fileURLToPath(new URL("../bin/", import.meta.resolve("@sparticuz/chromium")));
  for (const name of ["chromium.br", "fonts.tar.br", "swiftshader.tar.br", "al2023.tar.br"]) {
    await inflate(join(packed, name));
  }
  await writeFile(join(unfinished, "fonts.conf"), fonts);
  if (TMPDIR === undefined) {
    delete process.env["TMPDIR"];
  } else {
    process.env["TMPDIR"] = TMPDIR;
  }
  await rm(folder, { recursive: true, force: true });
  await rename(unfinished, folder);
}
