"""Files that are not source code: pictures, notebooks, measurements."""

import json
import random
import struct
import zlib

NOTEBOOK_FORMAT = (4, 5)


def draw_chart(rng: random.Random, *, width: int = 240, height: int = 120) -> bytes:
    """Return a bar chart as a PNG image.

    Shape: 8 bits each of red, green and blue, no interlace.
    Units: pixels.

    Source: PNG specification, third edition, sections 5 and 11.
    """
    paper, ink = bytes((250, 250, 245)), bytes(rng.randrange(200) for _ in range(3))
    bars = [rng.randrange(height) for _ in range(width // 12)]
    rows = []
    for row in range(height):
        pixels = b"".join(
            (ink if bar > height - row else paper) * 10 + paper * 2 for bar in bars
        )
        rows.append(b"\x00" + pixels.ljust(width * 3, b"\xff"))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + _png_chunk(b"IHDR", header)
        + _png_chunk(b"IDAT", zlib.compress(b"".join(rows), 6))
        + _png_chunk(b"IEND", b"")
    )


def _png_chunk(kind: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(kind + content)
    return (
        struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)
    )


def write_notebook(rng: random.Random, *, title: str) -> str:
    """Return a Jupyter notebook with text, code and its output.

    Source: nbformat 4.5; cell ids are required from there on.
    """
    values = [round(rng.uniform(0, 100), 2) for _ in range(rng.randrange(5, 40))]
    cells = [
        {
            "cell_type": "markdown",
            "id": f"{rng.getrandbits(32):08x}",
            "metadata": {},
            "source": [f"# {title}\n", "\n", "Measured in the lab, µs."],
        },
        {
            "cell_type": "code",
            "execution_count": 1,
            "id": f"{rng.getrandbits(32):08x}",
            "metadata": {},
            "outputs": [
                {
                    "data": {"text/plain": [f"{max(values)}"]},
                    "execution_count": 1,
                    "metadata": {},
                    "output_type": "execute_result",
                }
            ],
            "source": [f"values = {values}\n", "max(values)"],
        },
    ]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook = {
        "cells": cells,
        "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
        "nbformat": NOTEBOOK_FORMAT[0],
        "nbformat_minor": NOTEBOOK_FORMAT[1],
    }
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def record_measurements(rng: random.Random) -> bytes:
    """Return a small binary file: a header, then noise that does not compress."""
    return b"MEAS\x00\x01" + rng.randbytes(rng.randrange(4_000, 60_000))
