// Which Chromium drives the tests: $CHROMIUM, the system's, the one inside @sparticuz/chromium (Linux),
// else Playwright's own. Run as a script, it prints the one that was found.

import { execFile } from "node:child_process";
import { access, mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = join(root, ".tools", "chromium");

/** Quiet, and without a sandbox where the kernel refuses one: as root. */
export const args = [
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
  "--disable-quic",
  ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
];

/**
 * The browser to start.
 * @returns {Promise<{ executablePath?: string, env: Record<string, string> }>} no path: Playwright's own.
 */
export async function findChromium() {
  const candidates = [process.env.CHROMIUM, ...onPath("chromium"), ...onPath("chromium-browser")];
  for (const candidate of candidates) {
    if (candidate && (await runs(candidate, process.env))) {
      return { executablePath: candidate, env: { ...process.env } };
    }
  }
  const packaged = { executablePath: join(folder, "chromium"), env: packagedEnvironment() };
  if (process.platform === "linux" && process.arch === "x64") {
    await unpack();
    if (await runs(packaged.executablePath, packaged.env)) return packaged;
  }
  return { env: { ...process.env } };
}

function onPath(name) {
  return (process.env.PATH ?? "").split(delimiter).map((place) => join(place, name));
}

async function runs(executable, env) {
  try {
    await access(executable);
    const { stdout } = await promisify(execFile)(executable, ["--version"], { env });
    return /\d+\./.test(stdout);
  } catch {
    return false;
  }
}

/** The package brings the shared libraries and the fonts that a bare machine lacks. */
function packagedEnvironment() {
  const libraries = [join(folder, "al2023", "lib"), process.env.LD_LIBRARY_PATH];
  return {
    ...process.env,
    LD_LIBRARY_PATH: libraries.filter(Boolean).join(delimiter),
    FONTCONFIG_FILE: process.env.FONTCONFIG_FILE ?? join(folder, "fonts.conf"),
  };
}

/** The machine's fonts where it has any, and the packaged ones. */
const FONTS = `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>/usr/share/fonts</dir>
  <dir>${join(folder, "fonts")}</dir>
  <cachedir>${join(folder, "fonts-cache")}</cachedir>
</fontconfig>
`;

/** Once per checkout; an interrupted attempt leaves nothing behind that looks finished. */
async function unpack() {
  try {
    await access(join(folder, "chromium"));
    return;
  } catch {
    await mkdir(join(root, ".tools"), { recursive: true });
  }
  const unfinished = await mkdtemp(join(root, ".tools", "chromium-"));
  process.env.TMPDIR = unfinished; // the package unpacks into os.tmpdir()
  const { inflate } = await import("@sparticuz/chromium");
  const packed = fileURLToPath(new URL("../bin/", import.meta.resolve("@sparticuz/chromium")));
  for (const name of ["chromium.br", "fonts.tar.br", "swiftshader.tar.br", "al2023.tar.br"]) {
    await inflate(join(packed, name));
  }
  await writeFile(join(unfinished, "fonts.conf"), FONTS);
  await rm(folder, { recursive: true, force: true });
  await rename(unfinished, folder);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { executablePath } = await findChromium();
  console.log(executablePath ?? "Playwright's own");
}
