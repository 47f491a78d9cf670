"""Copy, build and install the project as other machines do, in clean environments of every available Python."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.repository import ROOT

OUR_VARIABLES = ("HOAX_TRACKER_", "PYTHON", "DATABASE_URL", "REDIS_URL", "COVERAGE_", "COV_")


VERSIONS = ("3.11", "3.12", "3.13")
"""The Pythons that setup.cfg allows."""


def copy_source(folder: Path) -> Path:
    """Copy the files of this checkout without build leftovers to a new folder; return it."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    return folder


def build_wheel(source: Path, out: Path) -> Path:
    """Build the wheel of a source folder; return it."""
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps"]
    subprocess.run([*command, "--wheel-dir", str(out), str(source)], check=True)
    return next(out.glob("*.whl"))


def find_python(version: str) -> Path | None:
    """Return a Python of that version ("3.12") on this machine: this one, one on the path, or one of pyenv."""
    kept = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    found = [sys.executable, shutil.which(f"python{version}"), f"/usr/bin/python{version}"]
    return next(
        (
            Path(one)
            for one in [*found, *map(str, sorted(kept.glob(f"{version}.*/bin/python")))]
            if is_python_version(one, version)
        ),
        None,
    )


def is_python_version(program: str | None, version: str) -> bool:
    """Tell whether a program is a Python of that version that can make environments; a shim may not be."""
    if program is None or not Path(program).exists():
        return False
    test = f"import sys, venv, ensurepip; sys.exit('%d.%d' % sys.version_info[:2] != {version!r})"
    return subprocess.run([program, "-c", test], capture_output=True, check=False).returncode == 0


class Environment:
    """A clean virtual environment in ``folder`` whose commands see none of our settings."""

    def __init__(self, program: Path, folder: Path) -> None:
        self.folder = folder
        self.environ = {key: value for key, value in os.environ.items() if not key.startswith(OUR_VARIABLES)}
        subprocess.run([program, "-m", "venv", folder / "env"], env=self.environ, check=True)

    def pip(self, *arguments: str | Path) -> None:
        """Run pip."""
        command = [self.folder / "env" / "bin" / "python", "-m", "pip", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*command, *arguments], env=self.environ, check=True, timeout=600)

    def run(self, *arguments: str, text: str | None = None, program: str = "hoax-tracker") -> str:
        """Run a program of the environment in ``folder``, here ``hoax-tracker``; return its output."""
        command = [self.folder / "env" / "bin" / program, *arguments]
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self.environ,
            input=text,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout
