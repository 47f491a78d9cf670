"""Whether a PDF is passive: its objects are read in a process of its own with limits.

A PDF can hide actions behind escapes ("/L#61unch") and in compressed object streams, so its raw bytes say little. Such
a stream may expand a thousandfold, so the reading process has a memory limit.
"""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Iterable, Iterator

MEMORY_BYTES = 2**30
CPU_SECONDS = 20
ACTIVE_KEYS = frozenset(("/JS", "/JavaScript", "/EF", "/EmbeddedFiles", "/XFA"))
"""Entries of dictionaries that hold scripts, other files, or a form with scripts."""
ACTIVE_KINDS = frozenset(
    f"/{name}"
    for name in [
        "Launch",
        "JavaScript",
        "SubmitForm",
        "ImportData",
        "GoToE",
        "Rendition",
        "Movie",
        "Sound",
        "RichMedia",
        "EmbeddedFile",
    ]
)
"""What an action or an annotation may be and this city's papers never are: ISO 32000-2, 12.5.6 and 12.6.4."""


def is_plain_pdf(data: bytes) -> bool:
    """Tell whether a PDF can be read without a password, within the limits, and holds no action."""
    command = [sys.executable, "-m", __name__]
    try:
        done = subprocess.run(  # noqa: S603 - our own
            command, input=data, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=2 * CPU_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0 and done.stdout == b"plain"


def is_active_pdf(data: bytes) -> bool:
    """Tell whether any object of a PDF holds an action, or cannot be shown to be passive.

    Raises what pikepdf raises for what it cannot read. Ambiguous objects count as active: another reader may read them
    otherwise.
    """
    import pikepdf

    with pikepdf.open(io.BytesIO(data)) as pdf:
        is_active = any(
            _is_active_entry(key, value)
            for pdf_object in (pdf.trailer, *pdf.objects)
            for key, value in _iterate_entries(pdf_object)
        )
        return is_active or bool(pdf.get_warnings())


def _is_active_entry(key: str, value: str) -> bool:
    return key in ACTIVE_KEYS or (key in ("/S", "/Type", "/Subtype") and value in ACTIVE_KINDS)


def _iterate_entries(top: object) -> Iterator[tuple[str, str]]:
    """Yield the entries of a dictionary and of those inside it: the key, and the value where that is a name."""
    import pikepdf

    waiting = [top]
    while waiting:
        node = waiting.pop()
        if isinstance(node, pikepdf.Dictionary | pikepdf.Stream):
            for key, value in node.items():
                yield key, str(value) if isinstance(value, pikepdf.Name) else ""
                waiting += _direct_objects([value])
        elif isinstance(node, pikepdf.Array):
            waiting += _direct_objects(node)


def _direct_objects(values: Iterable[object]) -> list[object]:
    """Return the objects nested directly. Referenced ones are objects of their own, and may refer back."""
    return [value for value in values if not getattr(value, "is_indirect", False)]


def _main() -> None:
    if sys.platform != "win32":  # which has no such limits; the time is bounded there too
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if not is_active_pdf(sys.stdin.buffer.read()):
        sys.stdout.write("plain")


if __name__ == "__main__":
    _main()
