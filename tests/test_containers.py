"""Dockerfile, compose.yaml and Caddyfile are closed and name existing files, checked without an engine."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from apiflask import APIFlask

from hoax_tracker.core.config.settings import ALL_VARIABLES
from hoax_tracker.core.content.images import PICTURE_LIMIT_BYTES
from tests.repository import ROOT

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
ONE_SHOT = "init"


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's instructions in their order."""
    text = re.sub(r"^\s*#.*\n", "", (ROOT / "Dockerfile").read_text(encoding="utf-8"), flags=re.MULTILINE)
    lines = [line for line in re.sub(r"\\\n", " ", text).splitlines() if line.strip()]
    return [(line.split(None, 1)[0], line.split(None, 1)[1]) for line in lines]


def stage(name: str) -> list[tuple[str, str]]:
    """The instructions of one stage."""
    found: dict[str, list[tuple[str, str]]] = {"": []}
    current = ""
    for word, rest in instructions():
        if word == "FROM":
            current = rest.rsplit(" AS ", 1)[1]
            found[current] = []
        found[current].append((word, rest))
    return found[name]


def copied() -> list[str]:
    """What the Dockerfile copies from the checkout."""
    return [
        name
        for word, rest in instructions()
        if word == "COPY" and "--from=" not in rest
        for name in shlex.split(rest)[:-1]
    ]


@pytest.mark.parametrize("name", copied())
def test_what_is_copied_is_there_and_not_ignored(name: str) -> None:
    assert (ROOT / name).exists()
    assert f"!{name}" in (ROOT / ".dockerignore").read_text(encoding="utf-8").split()


def test_nothing_goes_into_the_build_by_default() -> None:
    rules = [line for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line[:1] != "#"]
    assert rules[0] == "*"
    assert {line[1:] for line in rules if line.startswith("!")} == set(copied())


@pytest.mark.parametrize("name", ["app", "proxy"])
def test_an_image_runs_as_a_fixed_user_that_is_not_root(name: str) -> None:
    users = [rest for word, rest in stage(name) if word == "USER"]
    assert re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", users[-1])


def test_the_image_starts_stops_and_is_asked_without_a_shell() -> None:
    said = dict(stage("app"))
    for word in ("ENTRYPOINT", "CMD", "VOLUME"):
        assert isinstance(json.loads(said[word]), list)
    check = json.loads(said["HEALTHCHECK"].split("CMD ", 1)[1])
    assert "/healthz" in check[-1]
    compile(check[-1], "HEALTHCHECK", "exec")
    assert said["STOPSIGNAL"] == "SIGTERM"


def test_packages_are_installed_from_the_lock_only() -> None:
    installs = [rest for word, rest in instructions() if word == "RUN" and '"install"' in rest]
    assert all('"--no-deps"' in one for one in installs)
    assert '"--require-hashes"' in installs[0]


@pytest.mark.process
def test_secrets_come_from_files(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("dua kata $HOME `x`\n", encoding="utf-8")
    given = {"PATH": os.environ["PATH"], "PGPASSWORD_FILE": str(tmp_path / "password"), "SSL_CERT_FILE": "/kept"}
    command = [ROOT / "deploy" / "with-secrets", "env"]
    shown = subprocess.run(command, env=given, capture_output=True, text=True, check=True).stdout.splitlines()
    assert "PGPASSWORD=dua kata $HOME `x`" in shown
    assert "SSL_CERT_FILE=/kept" in shown
    assert not any(line.startswith("PGPASSWORD_FILE=") for line in shown)


@pytest.mark.process
def test_a_secret_that_cannot_be_read_ends_it() -> None:
    given = {"PATH": os.environ["PATH"], "PGPASSWORD_FILE": "/nowhere"}
    done = subprocess.run([ROOT / "deploy" / "with-secrets", "true"], env=given, capture_output=True, check=False)
    assert done.returncode != 0


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_closed(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", service["user"])
    assert service["mem_limit"]
    assert service["pids_limit"]
    assert service["healthcheck"] == {"disable": True} if name == ONE_SHOT else service["healthcheck"]["test"]
    assert service["restart"] == ("no" if name == ONE_SHOT else "unless-stopped")
    assert "privileged" not in service
    assert not any(str(one).startswith(("/", ".")) for one in service.get("volumes", []))


def test_only_the_proxy_can_be_reached_and_the_database_reaches_nobody() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]
    assert COMPOSE["networks"]["back"]["internal"] is True
    assert all(SERVICES[name]["networks"] == ["back"] for name in ("database", "redis", "init"))
    assert "back" not in SERVICES["proxy"]["networks"]


def test_the_database_is_migrated_before_anything_starts() -> None:
    for name in ("web", "worker"):
        assert SERVICES[name]["depends_on"]["init"]["condition"] == "service_completed_successfully"


def test_settings_are_ones_that_the_program_knows() -> None:
    for name in ("web", "worker", "init"):
        environment = SERVICES[name]["environment"]
        ours = {key for key in environment if key.startswith("HOAX_TRACKER_")}
        assert ours <= {variable.name for variable in ALL_VARIABLES}
        assert environment["HOAX_TRACKER_BEHIND_PROXY"] == "1"


def test_no_secret_stands_in_the_text() -> None:
    for service in SERVICES.values():
        for key, value in service.get("environment", {}).items():
            assert not re.search("PASSWORD|SECRET|KEY|TOKEN", key) or key.endswith("_FILE")
            assert not re.search(r"://[^/]*:[^/]*@", str(value))
    assert all(set(one) == {"file"} for one in COMPOSE["secrets"].values())


def test_the_proxy_waits_for_the_largest_screenshot_over_a_slow_network() -> None:
    text = (ROOT / "deploy" / "Caddyfile").read_text(encoding="utf-8")
    (minutes,) = re.findall(r"^\s*read_body (\d+)m$", text, re.MULTILINE)
    assert int(minutes) * 60 * 40_000 > 1.2 * PICTURE_LIMIT_BYTES


UPSTREAMS = {
    "one": "",
    "two": "to 10.0.0.11:8000 10.0.0.12:8000",
    "containers": SERVICES["proxy"]["environment"]["HOAX_TRACKER_UPSTREAM"],
}


@pytest.mark.process
@pytest.mark.needs("caddy")
@pytest.mark.parametrize("kind", UPSTREAMS)
def test_caddy_understands_the_file(kind: str, tmp_path: Path) -> None:
    given = {"HOAX_TRACKER_DOMAIN": "kabas.example", "XDG_DATA_HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    given |= {"HOAX_TRACKER_UPSTREAM": UPSTREAMS[kind]} if UPSTREAMS[kind] else {}
    file = ROOT / "deploy" / "Caddyfile"
    command = ["caddy", "validate", "--config", str(file), "--adapter", "caddyfile"]
    done = subprocess.run(command, env=os.environ | given, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert '"level":"error"' not in done.stderr


def test_several_containers_of_a_kind_can_run() -> None:
    dynamic = UPSTREAMS["containers"].split()
    assert dynamic[dynamic.index("name") + 1] in SERVICES
    command = SERVICES["web"]["command"]
    assert dynamic[dynamic.index("port") + 1] == command[command.index("--port") + 1]
    for name in ("web", "worker"):
        assert not {"container_name", "ports", "hostname"} & SERVICES[name].keys()
        assert SERVICES[name]["environment"]["REDIS_URL"]
        assert SERVICES[name]["volumes"] == SERVICES[ONE_SHOT]["volumes"], "the keys that init made"


def test_only_what_may_be_sent_twice_is_sent_again_by_itself(app: APIFlask) -> None:
    """Whoever adds an address here says that the same form, sent twice, changes nothing the second time."""
    text = (ROOT / "deploy" / "Caddyfile").read_text(encoding="utf-8")
    (harmless,) = re.findall(r"@harmless expression `(.*)`", text)
    paths = re.findall(r'"(/[^"]*)"', harmless)
    assert paths == ["/cek", "/cek/bagikan", "/lapor", "/tiket", "/api/v1/check", "/api/v1/reports"]
    assert '"/api/v1/reports" && {header.Idempotency-Key} != ""' in harmless
    taken = {rule.rule for rule in app.url_map.iter_rules() if "POST" in (rule.methods or ())}
    assert set(paths) <= taken
    assert "health_uri /readyz/web" in text
    assert "/readyz/web" in {rule.rule for rule in app.url_map.iter_rules()}


def test_the_guide_makes_a_caddyfile_for_several_hosts() -> None:
    guide = (ROOT / "docs" / "install.md").read_text(encoding="utf-8")
    (script,) = re.findall(r'sed "(s/\{\.HOAX_TRACKER_DOMAIN.*?)" ', guide)
    text = (ROOT / "deploy" / "Caddyfile").read_text(encoding="utf-8")
    made = text
    for part in script.split("; "):
        _s, pattern, new, _end = part.split("/")
        made = re.sub(pattern.replace("{.", r"\{."), new.replace("$", "@"), made)
    assert "@HOAX_TRACKER_DOMAIN {" in made
    assert re.search(r"^\t\t@HOAX_TRACKER_UPSTREAM$", made, re.MULTILINE)
    assert "{$" not in made


def test_the_proxy_keeps_no_log_of_what_residents_ask() -> None:
    text = (ROOT / "deploy" / "Caddyfile").read_text(encoding="utf-8")
    assert not re.search(r"^\s*log\b", text, re.MULTILINE)
    assert re.search(r"^\s*encode zstd gzip$", text, re.MULTILINE)
