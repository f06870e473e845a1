/**
 * The Vite plugin.
 *
 * In development Vite's server passes requests of the API to Flask, so that page and API share an origin. A build gets a
 * manifest, precompressed files, and no public source map, for Flask, nginx or a CDN to serve.
 */
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, extname, join, relative, resolve } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import type { Plugin, ProxyOptions } from "vite";

import { DELIVERY_API_PREFIXES, DELIVERY_CONFIG_PATH } from "../core/wire/delivery.js";
import { ERRORS_CODES, ERRORS_TYPE_PREFIX } from "../core/wire/errors.js";

/** The options of the plugin. */
export interface DovetailOptions {
  /** The address of Flask in development. Default: `http://127.0.0.1:5000`, as with `flask run`. */
  readonly backend?: string;
  /** Paths that belong to Flask. Default: as `DOVETAIL_DELIVERY_API_PREFIXES`. */
  readonly apiPrefixes?: readonly string[];
}

const COMPRESSIBLE =
  /\.(?:css|csv|eot|html?|ico|js|json|md|mjs|otf|svg|ttf|txt|vtt|wasm|webmanifest|xml)$/;
const COMPRESSIBLE_MIN_BYTES = 1024;

const compressions = {
  ".br": (content: Buffer) =>
    promisify(brotliCompress)(content, {
      params: {
        [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
        [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
      },
    }),
  ".gz": (content: Buffer) => promisify(gzip)(content, { level: constants.Z_BEST_COMPRESSION }),
};

/** Make the plugin, for `plugins: [react(), dovetail()]`. */
export function dovetail({
  backend = "http://127.0.0.1:5000",
  apiPrefixes = DELIVERY_API_PREFIXES,
}: DovetailOptions = {}): Plugin {
  return {
    name: "dovetail",
    enforce: "post",

    config: (config) => ({
      server: { proxy: { [patternOf([...apiPrefixes, DELIVERY_CONFIG_PATH])]: proxyTo(backend) } },
      build: { manifest: true, sourcemap: config.build?.sourcemap ? "hidden" : false },
    }),

    // The plugin adds the tag, since Vite warns about classic scripts that it finds in the HTML. A deferred script still
    // runs before the application's module (HTML 4.12.1: in document order).
    transformIndexHtml: (html) =>
      html.includes(`src="${DELIVERY_CONFIG_PATH}"`)
        ? []
        : [
            {
              tag: "script",
              attrs: { defer: true, src: DELIVERY_CONFIG_PATH },
              injectTo: "head-prepend",
            },
          ],

    closeBundle: {
      order: "post",
      sequential: true,
      async handler() {
        const { command, root, build, consumer } = this.environment.config;
        if (command !== "build" || consumer !== "client" || !build.write) {
          return;
        }
        const folder = resolve(root, build.outDir);
        if (build.sourcemap) {
          await moveSourceMaps(folder);
        }
        await compress(folder);
      },
    },
  };
}

/** Returns a pattern in Vite's notation, `^(?:/api|/auth)(?:[/?]|$)`, so that `/apiary` stays a page. */
function patternOf(prefixes: readonly string[]): string {
  const escaped = prefixes.map((prefix) => prefix.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return `^(?:${escaped.join("|")})(?:[/?]|$)`;
}

function proxyTo(backend: string): ProxyOptions {
  return {
    target: backend,
    ws: true,
    configure(proxy) {
      proxy.on("error", (_error, _request, response) => {
        if ("writeHead" in response && !response.headersSent) {
          response.writeHead(502, { "Content-Type": "application/problem+json" });
          response.end(JSON.stringify(badGateway(`Flask does not answer at ${backend}.`)));
        }
      });
    },
  };
}

function badGateway(detail: string): Record<string, unknown> {
  const { status, title } = ERRORS_CODES.BAD_GATEWAY;
  return { type: `${ERRORS_TYPE_PREFIX}bad-gateway`, title, status, code: "BAD_GATEWAY", detail };
}

/** Moves source maps to `dist-sourcemaps/`, for the error tracker: that folder is neither served nor uploaded. */
async function moveSourceMaps(folder: string): Promise<void> {
  const beside = `${folder}-sourcemaps`;
  await rm(beside, { recursive: true, force: true });
  for (const path of await filesIn(folder)) {
    if (extname(path) === ".map") {
      const target = join(beside, relative(folder, path));
      await mkdir(dirname(target), { recursive: true });
      await rename(path, target);
    }
  }
}

async function compress(folder: string): Promise<void> {
  const manifests = join(folder, ".vite");
  const paths = (await filesIn(folder)).filter(
    (path) => COMPRESSIBLE.test(path) && !path.startsWith(manifests),
  );
  await Promise.all(paths.map(compressFile));
}

async function compressFile(path: string): Promise<void> {
  const content = await readFile(path);
  await Promise.all(
    Object.entries(compressions).map(async ([suffix, run]) => {
      const compressed = content.length < COMPRESSIBLE_MIN_BYTES ? content : await run(content);
      if (compressed.length < content.length) {
        await writeFile(path + suffix, compressed);
      } else {
        await rm(path + suffix, { force: true }); // left by an earlier build that kept the folder
      }
    }),
  );
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
