/**
 * The Vite plugin.
 *
 * In development Vite's server passes requests of the API to Flask, so that page and API share an origin, and sends the page
 * with the policy that Flask would send. A build gets a manifest, precompressed files, no public source map, and no `data:`
 * address that the policy refuses, for Flask, nginx or a CDN to serve.
 */
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import { dirname, extname, join, relative, resolve } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import type { BuildOptions, Plugin, ProxyOptions, ResolvedConfig } from "vite";

import { DELIVERY_API_PREFIXES, DELIVERY_CONFIG_PATH } from "../core/wire/delivery.js";
import { ERRORS_CODES, ERRORS_TYPE_PREFIX } from "../core/wire/errors.js";

/** The options of the plugin. */
export interface DovetailOptions {
  /**
   * The address of Flask in development, with the path that it is mounted below if there is one. Default:
   * `http://127.0.0.1:5000`, as with `flask run`.
   */
  readonly backend?: string;
  /** Paths that belong to Flask. Default: as `DOVETAIL_DELIVERY_API_PREFIXES`. */
  readonly apiPrefixes?: readonly string[];
  /**
   * The path that Dovetail's own routes have been moved below, passed on as well. Default: the environment's
   * `DOVETAIL_ROUTES_PREFIX` or `FLASK_DOVETAIL_ROUTES_PREFIX`, which Flask reads too where both are started together.
   */
  readonly routesPrefix?: string;
}

const COMPRESSIBLE =
  /\.(?:css|csv|eot|html?|ico|js|json|md|mjs|otf|svg|ttf|txt|vtt|wasm|webmanifest|xml)$/;
const COMPRESSIBLE_MIN_BYTES = 1024;

/** The files that may become `data:` addresses: the policy allows those in `img-src`, and in no other directive. */
const INLINABLE = /\.(?:apng|avif|bmp|cur|gif|ico|jfif|jpe?g|jxl|png|svg|webp)$/i;

/** The headers of the page, which Flask sends with `/config.js` in development. */
const PAGE_HEADERS = ["Content-Security-Policy", "Cross-Origin-Opener-Policy"];

/** Vite's client waits in a `blob:` worker for a server that restarts, or else in the page. The policy forbids the first. */
const VITE_CLIENT = /\/vite\/dist\/client\/client\.mjs$/;

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
  routesPrefix = process.env["DOVETAIL_ROUTES_PREFIX"] ??
    process.env["FLASK_DOVETAIL_ROUTES_PREFIX"] ??
    "",
}: DovetailOptions = {}): Plugin {
  const paths = [...apiPrefixes, ...(routesPrefix ? [routesPrefix] : []), DELIVERY_CONFIG_PATH];
  const isPassedOn = new RegExp(patternOf(paths));
  let proxy: Record<string, ProxyOptions> = {};
  let configPath = DELIVERY_CONFIG_PATH;
  // What Vite adds to the page in development is inline; a build has only files.
  const nonce = randomBytes(16).toString("base64");

  async function addPolicy(response: ServerResponse): Promise<void> {
    const { headers, prefix } = await askFlask(backend);
    if (prefix && !isPassedOn.test(prefix)) {
      resolved.logger.warnOnce(
        `Dovetail's routes are below ${prefix}, which is not passed on to Flask: give dovetail({ routesPrefix: "${prefix}" }), or set DOVETAIL_ROUTES_PREFIX for Vite as well.`,
      );
    }
    for (const [name, value] of headers) {
      const withNonce = value.replace(/\b(?:script|style)-src\b/g, `$& 'nonce-${nonce}'`);
      response.setHeader(name, withNonce);
    }
  }

  let resolved: ResolvedConfig;

  return {
    name: "dovetail",
    enforce: "post",

    config: (config, { command }) => {
      proxy = proxiesTo(backend, { paths, base: pathOf(config.base) });
      return {
        server: { proxy },
        build: {
          manifest: true,
          sourcemap: config.build?.sourcemap ? "hidden" : false,
          assetsInlineLimit: imagesOnly(config.build?.assetsInlineLimit),
        },
        ...(command === "serve" && { html: { cspNonce: nonce } }),
      };
    },

    configResolved(config) {
      resolved = config;
      const { base } = config;
      // Where files are on another host, the page is not.
      configPath = /^(?:[a-z]+:)?\/\//i.test(base)
        ? DELIVERY_CONFIG_PATH
        : base + DELIVERY_CONFIG_PATH.slice(1);
    },

    configureServer({ middlewares }) {
      const ofFlask = Object.keys(proxy).map((pattern) => new RegExp(pattern));
      middlewares.use((request, response, next) => {
        const isPage = request.headers.accept?.includes("text/html");
        if (!isPage || ofFlask.some((pattern) => pattern.test(request.url ?? ""))) {
          return next();
        }
        void addPolicy(response).finally(next);
      });
    },

    transform: (code, id) =>
      VITE_CLIENT.test(id)
        ? code.replace('typeof SharedWorker === "undefined"', "true") // and so it waits in the page
        : undefined,

    // The plugin adds the tag, since Vite warns about classic scripts that it finds in the HTML. A deferred script still
    // runs before the application's module (HTML 4.12.1: in document order).
    transformIndexHtml: (html) =>
      html.includes(`src="${configPath}"`)
        ? []
        : [
            {
              tag: "script",
              attrs: { defer: true, src: configPath },
              injectTo: "head-prepend",
            },
          ],

    closeBundle: {
      order: "post",
      sequential: true,
      async handler() {
        const { command, root, build, consumer } =
          this.environment?.config ?? withoutEnvironments(resolved);
        const folder = resolve(root, build.outDir);
        // Also called after a build that has failed, whose own message must stay the last.
        const isWritten = build.write && existsSync(folder);
        if (command !== "build" || consumer !== "client" || !isWritten) {
          return;
        }
        if (build.sourcemap) {
          await moveSourceMaps(folder);
        }
        await compress(folder);
      },
    },
  };
}

/** Returns what an environment's configuration says, for Vite 5, which has one build at a time and no environments. */
function withoutEnvironments({ command, root, build }: ResolvedConfig) {
  return { command, root, build, consumer: build.ssr ? "server" : "client" } as const;
}

/** Returns a limit that inlines images as the app's own limit does, and other files only where its function says so. */
function imagesOnly(own: BuildOptions["assetsInlineLimit"]): typeof own {
  return (path, content) => {
    if (typeof own === "function") {
      return own(path, content) ?? ifImage(path, undefined);
    }
    return ifImage(path, own === undefined ? undefined : content.length < own);
  };
}

/** Returns `isInlined` for images, `undefined` being Vite's own choice, and false for others. */
function ifImage(path: string, isInlined: boolean | undefined): boolean | undefined {
  return INLINABLE.test(path) ? isInlined : false;
}

/**
 * Asks Flask for the headers of the page, and for the path that its routes have been moved below; none while it does not
 * answer, as the page works on nothing then.
 */
async function askFlask(
  backend: string,
): Promise<{ headers: [name: string, value: string][]; prefix: string | undefined }> {
  const answer = await fetch(new URL(pathOf(backend) + DELIVERY_CONFIG_PATH, backend)).catch(
    () => undefined,
  );
  const headers = PAGE_HEADERS.flatMap((name): [string, string][] => {
    const value = answer?.headers.get(name);
    return value ? [[name, value]] : [];
  });
  const script = await answer?.text().catch(() => "");
  return { headers, prefix: /"routesPrefix":"([^"]+)"/.exec(script ?? "")?.[1] };
}

/** Returns the path of an address or of Vite's `base`, without a slash at its end; `""`: there is none. */
function pathOf(address = ""): string {
  return address.startsWith(".")
    ? ""
    : new URL(address, "http://localhost").pathname.replace(/\/+$/, "");
}

/**
 * Returns the proxies to Flask by their patterns.
 *
 * Flask says in `/config.js`, which the page loads below Vite's `base`, which path the API is mounted below. In development
 * that is often another one than the page's, so Flask is asked by both.
 *
 * @param base the path of the page, without a slash at its end.
 */
function proxiesTo(
  backend: string,
  { paths, base }: { paths: readonly string[]; base: string },
): Record<string, ProxyOptions> {
  const mount = pathOf(backend);
  const own = paths.map((path) => mount + path);
  if (base === mount) {
    return { [patternOf(own)]: proxyTo(backend) };
  }
  const below = patternOf(paths.map((path) => base + path));
  const beside = patternOf(own.filter((path) => !`${base}/`.startsWith(`${path}/`)));
  return {
    [below]: {
      ...proxyTo(backend),
      rewrite: (path) => mount + path.slice(base.length),
    },
    [beside]: proxyTo(backend),
  };
}

/** Returns a pattern in Vite's notation, `^(?:/api|/auth)(?:[/?]|$)`, so that `/apiary` stays a page. */
function patternOf(prefixes: readonly string[]): string {
  const escaped = prefixes.map((prefix) => prefix.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return `^(?:${escaped.join("|")})(?:[/?]|$)`;
}

function proxyTo(backend: string): ProxyOptions {
  return {
    target: new URL(backend).origin,
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
