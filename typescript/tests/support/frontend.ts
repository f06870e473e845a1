import { mkdir, mkdtemp, readdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** Writes a small frontend to disk: an entry, a lazy chunk, a stylesheet, a picture, a public file. */
export async function writeFrontend(): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), "dovetail-vite-"));
  const words = Array.from({ length: 400 }, (_, index) => `"word ${index}"`).join(",");
  const files = {
    "package.json": '{ "type": "module" }',
    "index.html": `<!doctype html><html lang="en"><head><title>Tiny</title></head>
<body><div id="root"></div><script type="module" src="/src/main.js"></script></body></html>`,
    "src/main.js": `import "./main.css";
import picture from "./picture.svg?no-inline";
document.title = [${words}].join(" ") + picture;
void import("./lazy.js").then((lazy) => lazy.show());`,
    "src/main.css": ".a { color: red }",
    "src/lazy.js": "export const show = () => document.body.append('lazy');",
    "src/picture.svg": '<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0h9v9z"/></svg>',
    "public/robots.txt": "User-agent: *",
  };
  for (const [name, text] of Object.entries(files)) {
    // oxlint-disable-next-line no-await-in-loop -- few, and folders come first
    await mkdir(dirname(join(root, name)), { recursive: true });
    // oxlint-disable-next-line no-await-in-loop
    await writeFile(join(root, name), text);
  }
  return root;
}

/** Lists all files below `folder`, relative to it and sorted. */
export async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .toSorted();
}
