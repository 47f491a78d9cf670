"""The state of a demo folder: its first start, its feeds' port, whether it was finished.

A folder without this file is never touched unless it is empty: it may be a real instance.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

from hoax_tracker.errors import SettingsError

STATE_FILE_NAME = "demo.json"


@dataclass
class DemoState:
    """``started`` is the first start, to which all times are relative; ``tickets`` are the sample reports'."""

    started: datetime
    port: int = 0
    complete: bool = False
    tickets: dict[str, str] = field(default_factory=dict)

    def write(self, folder: Path) -> None:
        """Write the state atomically."""
        content = asdict(self) | {"started": self.started.isoformat()}
        aside = folder / f"{STATE_FILE_NAME}.new"
        aside.write_text(json.dumps(content, indent=1), encoding="utf-8")
        aside.replace(folder / STATE_FILE_NAME)


def open_demo_state(folder: Path, now: datetime) -> DemoState:
    """Return the folder's state, or a new one for an empty folder.

    A demo stopped during preparation begins again. Raises SettingsError for a folder that is no demo's.
    """
    existing = read_demo_state(folder)
    if existing is not None and existing.complete:
        return existing
    if existing is None and folder.exists() and any(folder.iterdir()):
        message = f"{folder} berisi sesuatu yang bukan contoh. Pilih folder lain: --folder NAMA"
        raise SettingsError(f"{folder} is not empty and no demo", user_message=message)
    _clear_demo_folder(folder)
    state = DemoState(now.replace(microsecond=0))
    state.write(folder)
    return state


def read_demo_state(folder: Path) -> DemoState | None:
    """Return the state of a demo folder, or None."""
    try:
        stored = json.loads((folder / STATE_FILE_NAME).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        message = f"{folder / STATE_FILE_NAME} tidak terbaca. Hapus folder itu, lalu mulai lagi."
        raise SettingsError(f"{folder / STATE_FILE_NAME}: {error}", user_message=message) from error
    return DemoState(**(stored | {"started": datetime.fromisoformat(stored["started"])}))


def _clear_demo_folder(folder: Path) -> None:
    """Empty the folder; its state file goes last, so that an interruption is noticed."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)  # an empty folder that was there may be open to others, and would be refused a month later
    for path in sorted(folder.iterdir(), key=lambda path: path.name == STATE_FILE_NAME):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
