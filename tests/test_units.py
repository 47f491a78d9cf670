"""The systemd units agree with the program: settings, stop timeout, data folder."""

from __future__ import annotations

import configparser
import re
import subprocess
from pathlib import Path

import pytest

from hoax_tracker.core.config.settings import ALL_VARIABLES
from hoax_tracker.server.run import GRACEFUL_S
from hoax_tracker.server.worker_process import ENDS_WITHIN_S
from tests.repository import ROOT

DEPLOY = ROOT / "deploy"
SERVICES = ("hoax-tracker", "hoax-tracker-backup", "hoax-tracker-worker@")


def service(name: str) -> dict[str, str]:
    """The [Service] part of a unit; of a line that stands twice, the last."""
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read(DEPLOY / f"{name}.service", encoding="utf-8")
    return dict(parser["Service"])


def test_a_stop_waits_until_requests_and_the_round_have_ended() -> None:
    longest = max(GRACEFUL_S, ENDS_WITHIN_S)
    assert all(int(service(name)["TimeoutStopSec"]) > longest for name in ("hoax-tracker", "hoax-tracker-worker@"))
    compose = (ROOT / "compose.yaml").read_text(encoding="utf-8")
    assert all(int(one) > longest for one in re.findall(r"stop_grace_period: (\d+)s", compose))


@pytest.mark.parametrize("name", SERVICES)
def test_a_restore_may_put_a_folder_beside_the_data(name: str) -> None:
    place = service(name)["Environment"].removeprefix("HOAX_TRACKER_DATA=")
    assert Path(place).parent == Path("/var/lib") / service(name)["StateDirectory"]
    assert f"HOAX_TRACKER_DATA={place}\n" in (DEPLOY / "as-service").read_text(encoding="utf-8")


def test_all_run_as_the_same_user_in_the_same_cage() -> None:
    app, *others = (service(name) for name in SERVICES)
    same = [
        key for key in app if re.match(r"Protect|Private|Restrict|SystemCall|NoNew|Lock|Memory(Deny)|User|Group", key)
    ]
    assert len(same) > 15
    for other in others:
        assert {key: app[key] for key in same} == {key: other[key] for key in same}
    assert app["NoNewPrivileges"] == "yes"
    assert app["User"] != "root"


def test_the_guide_names_settings_that_exist() -> None:
    guide = (ROOT / "docs" / "install.md").read_text(encoding="utf-8")
    named = set(re.findall(r"(HOAX_TRACKER_[A-Z_]+)=", guide))
    assert {"HOAX_TRACKER_BASE_URL", "HOAX_TRACKER_BEHIND_PROXY"} <= named
    of_the_proxy = {"HOAX_TRACKER_DOMAIN", "HOAX_TRACKER_UPSTREAM"}
    assert named - of_the_proxy <= {variable.name for variable in ALL_VARIABLES}


def test_the_guide_installs_files_that_exist() -> None:
    guide = (ROOT / "docs" / "install.md").read_text(encoding="utf-8")
    named = set(re.findall(r"\bdeploy/[\w.@-]+", guide))
    assert len(named) >= 5
    assert [name for name in named if not (ROOT / name).is_file()] == []


@pytest.mark.parametrize("name", SERVICES)
@pytest.mark.process
@pytest.mark.needs("systemd")
def test_systemd_understands_the_unit(name: str, tmp_path: Path) -> None:
    text = (DEPLOY / f"{name}.service").read_text(encoding="utf-8")
    unit = tmp_path / f"{name.replace('@', '@2')}.service"  # the program is not installed here
    unit.write_text(text.replace("/opt/hoax-tracker/bin/hoax-tracker", "/bin/true"), encoding="utf-8")
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
