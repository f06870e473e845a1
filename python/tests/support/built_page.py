"""A folder as `vite build` writes it."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

SCRIPT = "console.log('entry');" * 80
HTML = (
    "<!doctype html><html><head><title>Tiny</title><script>theme()</script>"
    '<script type="module" src="/assets/index-DiwrgTda.js"></script></head><body></body></html>'
)


def write(folder: Path, files: dict[str, str | bytes]) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)


def write_page(folder: Path) -> None:
    """Hashed files with their variants, public files, and what must never be served."""
    manifest = {
        "index.html": {
            "file": "assets/index-DiwrgTda.js",
            "css": ["assets/index-a-Bc_1xY.css"],
            "assets": ["assets/logo-4f1c09ab.svg"],
        }
    }
    write(
        folder,
        {
            "index.html": HTML,
            "index.html.gz": gzip.compress(HTML.encode(), mtime=0),
            "assets/index-DiwrgTda.js": SCRIPT,
            "assets/index-DiwrgTda.js.br": b"stands for brotli",
            "assets/index-DiwrgTda.js.gz": gzip.compress(SCRIPT.encode(), mtime=0),
            "assets/index-DiwrgTda.js.map": "{}",
            "assets/index-a-Bc_1xY.css": ".a{}",
            "assets/logo-4f1c09ab.svg": "<svg xmlns='http://www.w3.org/2000/svg'/>",
            "assets/unlisted-Ab3dEf9h.js": "public/assets/, by hand",
            "favicon.ico": b"\0\0\1\0",
            "site.webmanifest": "{}",
            "sw.js": "self",
            ".well-known/security.txt": "Contact: mailto:security@example.com",
            ".env": "SECRET=1",
            ".vite/manifest.json": json.dumps(manifest),
        },
    )
