"""The bill of materials holds exactly what the lock installs."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib.metadata import requires

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.repository import ROOT


def test_it_holds_the_lock_and_what_needs_what() -> None:
    made = [
        subprocess.run([sys.executable, ROOT / "requirements" / "sbom.py"], capture_output=True, check=True).stdout
        for _again in range(2)
    ]
    assert made[0] == made[1]
    bill = json.loads(made[0])
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", bill["serialNumber"])
    lock = (ROOT / "requirements" / "run.txt").read_text(encoding="utf-8")
    components = bill["components"]
    assert [f"{one['name']}=={one['version']}" for one in components] == re.findall(r"(?m)^[\w.-]+==[^\s;]+", lock)
    assert sum(len(one["hashes"]) for one in components) == lock.count("--hash=sha256:")
    refs = {one["bom-ref"] for one in components} | {bill["metadata"]["component"]["bom-ref"]}
    assert len(refs) == len(components) + 1
    needs = {one["ref"]: one["dependsOn"] for one in bill["dependencies"]}
    assert needs.keys() == refs
    assert {ref for needed in needs.values() for ref in needed} <= refs
    own = {ref.split("/")[1].split("@")[0] for ref in needs[bill["metadata"]["component"]["bom-ref"]]}
    asked = {
        canonicalize_name(Requirement(line).name) for line in requires("hoax-tracker") or () if "extra" not in line
    }
    assert own - {"setuptools", "psycopg", "psycopg-binary", "procrastinate", "redis"} <= asked
    assert asked - own == set(), "what setup.cfg asks for is needed by the program itself"
