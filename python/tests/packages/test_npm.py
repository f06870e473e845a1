"""The npm package in projects of others: any Vite or none, any TypeScript or none, any bundler."""

from __future__ import annotations

import json
import re
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from support.packages import REPOSITORY, project, run
from support.paths import ROOT

pytestmark = pytest.mark.long

VITES = {"4": "4.5.14", "5": "5.4.21", "6": "6.4.6", "7": "7.3.8", "8": "8.4.0"}
TYPESCRIPTS = {"5": "5.9.3", "7": "7.0.2"}
CALL = """\
import { createDovetail, isProblem } from "flask-dovetail";

const dovetail = createDovetail({ config: { apiOrigin: globalThis.API_ORIGIN } });
const { data } = await dovetail.api.GET("/api/notes/1");
console.log(JSON.stringify({ data, isProblem: isProblem(data) }));
dovetail.close();
"""
TYPED_CALL = """\
import { createDovetail, type Dovetail } from "flask-dovetail";
import type { paths } from "./schema.js";

export const dovetail: Dovetail<paths> = createDovetail<paths>();
const { data, problem } = await dovetail.api.GET("/api/posts");
export const titles: string[] | undefined = data?.items.map((each) => each.title);
// @ts-expect-error - the contract has no such path
await dovetail.api.GET("/api/nothing");
if (problem?.status === 401) void dovetail.auth.signIn;
"""


@contextmanager
def api() -> Iterator[str]:
    """The origin of a server that answers each request with a note."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps({"path": self.path}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def calls_the_api(folder: Path, module: str) -> bool:
    with api() as origin:
        code = f'globalThis.API_ORIGIN = "{origin}"; await import("./{module}");'
        printed = run("node", "--input-type=module", "--eval", code, cwd=folder)
    return json.loads(printed) == {"data": {"path": "/api/notes/1"}, "isProblem": False}


def test_tarball_of_a_clean_checkout_is_whole(tarball: Path) -> None:
    with tarfile.open(tarball) as archive:
        names = {name.removeprefix("package/") for name in archive.getnames()}
        texts = {
            name: archive.extractfile(f"package/{name}").read().decode()  # type: ignore[union-attr]
            for name in ("package.json", "README.md", "LICENSE", "dist/cli/LICENSES.txt")
        }
    manifest = json.loads(texts["package.json"])
    built = [manifest["bin"]["flask-dovetail"]]
    for entry in manifest["exports"].values():
        built += [entry] if isinstance(entry, str) else list(entry.values())
    assert {name.removeprefix("./") for name in built} <= names
    sources = {name.removeprefix("typescript/") for name in tracked("typescript/src")}
    assert {name for name in names if name.startswith("src/")} == sources
    assert {name.split("/")[0] for name in names} == {
        *("LICENSE", "README.md", "dist", "package.json", "src"),
    }
    assert texts["LICENSE"] == (ROOT / "LICENSE").read_text()
    assert "Apache License" in texts["dist/cli/LICENSES.txt"]
    assert manifest["license"] == "MIT"
    assert manifest["engines"] == {"node": ">=20"}
    assert REPOSITORY in manifest["repository"]["url"]
    assert (ROOT / manifest["repository"]["directory"] / "package.json").exists()
    links = re.findall(r"\]\(([^)]+)\)", texts["README.md"])
    assert links
    for link in links:
        assert link.startswith(REPOSITORY), "a relative link leads nowhere on npm"
        path = link.removeprefix(REPOSITORY).removeprefix("/blob/main/").partition("#")[0]
        assert (ROOT / path).exists(), link


def tracked(folder: str) -> list[str]:
    command = ("git", "ls-files", "--cached", "--others", "--exclude-standard", folder)
    return [name for name in run(*command, cwd=ROOT).split() if (ROOT / name).is_file()]


def test_publint_and_attw_find_nothing(tarball: Path, tmp_path: Path) -> None:
    tools = project(tmp_path / "tools", "publint@0.3.25", "@arethetypeswrong/cli@0.18.5")
    run("npx", "publint", "--strict", tarball, cwd=tools)
    run("npx", "attw", "--profile", "esm-only", tarball, cwd=tools)


@pytest.mark.parametrize("major", VITES)
def test_project_with_any_vite_installs_it(tarball: Path, tmp_path: Path, major: str) -> None:
    """Whether or not it uses the plugin: npm refuses a project whose peers it cannot satisfy."""
    one = project(tmp_path / "one", f"vite@{VITES[major]}", tarball)
    assert calls_the_api(one, write(one, "main.js", CALL))


@pytest.mark.parametrize("major", [each for each in VITES if each != "4"])
def test_plugin_works_in_every_vite_since_5(tarball: Path, tmp_path: Path, major: str) -> None:
    frontend = {
        "vite.config.js": """\
            import { dovetail } from "flask-dovetail/vite";
            export default { plugins: [dovetail()], build: { sourcemap: true } };
            """,
        "index.html": '<!doctype html><script type="module" src="/main.js"></script>',
        "main.js": CALL.replace("await ", "void ") + "// " + "x" * 2000,
        "page.js": """\
            import { createServer } from "vite";
            const server = await createServer({ server: { middlewareMode: true } });
            const client = await server.transformRequest("/@vite/client");
            console.log(await server.transformIndexHtml("/", "<!doctype html><head></head>"));
            console.log(client.code.includes('typeof SharedWorker === "undefined"'));
            await server.close();
            """,
    }
    one = project(tmp_path / "one", f"vite@{VITES[major]}", tarball, files=frontend)

    in_development = run("node", "page.js", cwd=one)
    assert 'src="/config.js"' in in_development
    assert 'nonce="' in in_development
    assert in_development.endswith("false\n"), "the policy forbids the worker of Vite's client"
    run("npx", "vite", "build", "--logLevel", "error", cwd=one)
    page = (one / "dist" / "index.html").read_text()
    (script,) = re.findall(r'src="/(assets/[^"]+)"', page)
    assert 'src="/config.js"' in page
    assert script in (one / "dist" / ".vite" / "manifest.json").read_text()
    assert (one / "dist" / f"{script}.br").exists()
    assert (one / "dist-sourcemaps" / f"{script}.map").exists()


@pytest.mark.parametrize("version", [*TYPESCRIPTS, "none"])
def test_types_are_written_and_checked_beside_any_typescript(
    tarball: Path, tmp_path: Path, version: str
) -> None:
    """`skipLibCheck` is off: the declarations of the package have to be right themselves."""
    compiler = [f"typescript@{TYPESCRIPTS[version]}"] if version in TYPESCRIPTS else []
    document = (ROOT / "starter" / "openapi.json").read_text()
    one = project(tmp_path / "one", tarball, *compiler, files={"openapi.json": document})
    assert (one / "node_modules" / "typescript").exists() == bool(compiler)

    run("npx", "flask-dovetail", "types", "openapi.json", cwd=one)
    written = (one / "schema.d.ts").read_text()
    assert written == (ROOT / "starter/frontend/src/api/schema.d.ts").read_text()
    run("npx", "flask-dovetail", "types", "openapi.json", "schema.d.ts", "--check", cwd=one)
    if not compiler:
        return
    write(one, "main.ts", TYPED_CALL)
    for resolution in ("nodenext", "bundler"):
        module = "nodenext" if resolution == "nodenext" else "esnext"
        options = {
            "strict": True,
            "noEmit": True,
            "target": "es2022",
            "types": [],
            "lib": ["es2022", "dom", "dom.iterable", "dom.asynciterable"],
            "module": module,
            "moduleResolution": resolution,
        }
        write(one, "tsconfig.json", json.dumps({"compilerOptions": options, "files": ["main.ts"]}))
        run("npx", "tsc", cwd=one)


BUNDLERS = {
    "esbuild": (
        ["esbuild@0.28.2"],
        "esbuild main.js --bundle --splitting --format=esm --minify --outdir=out",
    ),
    "webpack": (
        ["webpack@5.113.0", "webpack-cli@7.2.1"],
        "webpack --entry ./main.js --mode production --output-path out",
    ),
    "rollup": (
        ["rollup@4.68.8", "@rollup/plugin-node-resolve@16.0.3"],
        "rollup main.js --dir out --plugin node-resolve={browser:true}",
    ),
}
CONFIGS = {
    "webpack.config.js": """\
        export default {
          target: ["web", "es2022"],
          experiments: { outputModule: true },
          output: { module: true, chunkFormat: "module", filename: "main.js" },
        };
        """
}


@pytest.mark.parametrize("bundler", BUNDLERS)
def test_bundle_calls_the_api(tarball: Path, tmp_path: Path, bundler: str) -> None:
    """Each bundler takes it as it is, and leaves the command and its compiler outside."""
    packages, command = BUNDLERS[bundler]
    one = project(tmp_path / "one", tarball, *packages, files={"main.js": CALL} | CONFIGS)
    run("npx", *command.split(), cwd=one)
    assert calls_the_api(one, "out/main.js")
    assert sum(each.stat().st_size for each in (one / "out").rglob("*.js")) < 400_000


def test_plain_node_calls_the_api(tarball: Path, tmp_path: Path) -> None:
    one = project(tmp_path / "one", tarball)
    assert calls_the_api(one, write(one, "main.js", CALL))
    assert {each.name for each in (one / "node_modules").iterdir()} >= {"openapi-fetch"}
    assert not (one / "node_modules" / "vite").exists()


IMPORT_MAP = """\
<!doctype html>
<script type="importmap">
{ "imports": {
  "flask-dovetail": "/node_modules/flask-dovetail/dist/index.js",
  "openapi-fetch": "/node_modules/openapi-fetch/dist/index.mjs",
  "socket.io-client": "/node_modules/socket.io-client/dist/socket.io.esm.min.js"
} }
</script>
<output></output>
<script type="module">
import { createDovetail } from "flask-dovetail";
const dovetail = createDovetail();
const { data } = await dovetail.api.GET("/package.json");
dovetail.realtime.on("notification", () => {});
const { io } = await import("socket.io-client");
document.querySelector("output").textContent = `${data.name} ${typeof io}`;
</script>
"""
IN_CHROMIUM = """\
import { chromium } from "playwright-core";
import { findChromium } from "./chromium.ts";

const { executablePath, env, args } = await findChromium();
const browser = await chromium.launch({ executablePath, env, args });
const page = await browser.newPage();
page.on("pageerror", (error) => console.log(String(error)));
await page.goto(process.env.PAGE);
await page.waitForFunction(() => document.querySelector("output").textContent !== "");
console.log(await page.textContent("output"));
await browser.close();
"""


def test_page_without_a_bundler_loads_it_by_an_import_map(tarball: Path, tmp_path: Path) -> None:
    """In Chromium, each module by itself; what is loaded later, too."""
    one = project(tmp_path / "one", tarball, files={"index.html": IMPORT_MAP})

    class Handler(SimpleHTTPRequestHandler):
        extensions_map = SimpleHTTPRequestHandler.extensions_map | {".mjs": "text/javascript"}

        def log_message(self, *_: object) -> None:
            pass

    handler = partial(Handler, directory=str(one))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        page = f"http://127.0.0.1:{server.server_port}/"
        command = ("node", "--input-type=module", "--eval", IN_CHROMIUM)
        assert run(*command, cwd=ROOT / "e2e", PAGE=page) == "a-project function\n"
        server.shutdown()


def write(folder: Path, name: str, text: str) -> str:
    (folder / name).write_text(text)
    return name
