#!/usr/bin/env bash
# Pillow 13.0.0: `Image.open` of a JPEG whose header has very many short segments takes 30 times the file in memory.
#
# Guess: opening reads the header only and decodes nothing, so it is cheap, and a bound on its bytes (some MiB, for
# colour profiles and previews) bounds what it costs.
# Seen: each APP segment is kept in `applist`, however short: 4 bytes become some 120. 32 MiB of them take 1.2 GB and
# 16 seconds in pure Python, which hold the interpreter's lock; PNG chunks and GIF sub-blocks cost half a second a MiB.
# `MAX_IMAGE_PIXELS` does not help: no size is known yet. A bound on the number of reads does (`fp.read` is called for
# each part): 100 000 are plenty, and take 50 ms.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'pillow==13.0.0'
cat >"$folder/ask.py" <<'PYTHON'
import io
import tracemalloc

from PIL import Image

Image.init()


class Counted(io.BufferedReader):
    reads = 0

    def read(self, size=-1, /):
        self.reads += 1
        if self.reads > 100_000:
            raise ValueError("more parts than a picture has")
        return super().read(size)


def cost(open_file):
    tracemalloc.start()
    try:
        Image.open(open_file, formats=["JPEG"])
    except ValueError as error:
        print(error)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


picture = io.BytesIO()
Image.new("RGB", (8, 8)).save(picture, "JPEG")
start, rest = picture.getvalue()[:2], picture.getvalue()[2:]
content = start + b"\xff\xe5\x00\x02" * 500_000 + rest  # APP5, without content: valid
plain, counted = cost(io.BytesIO(content)), cost(Counted(io.BytesIO(content)))
print(f"{len(content):,} bytes: {plain:,} of memory; with 100,000 reads at most: {counted:,}")
assert plain > 15 * len(content), "changed"
assert counted < plain / 5, "changed"
PYTHON
"$folder/venv/bin/python" "$folder/ask.py"
