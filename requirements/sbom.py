"""The bill of materials of what runs, from the lock: CycloneDX 1.6 (https://cyclonedx.org/docs/1.6/json/), to stdout.

``make sbom`` writes it to build/sbom.cdx.json, for programs that compare it with known holes. The lock says exactly
what is installed, so the file is made of it alone, and the same lock makes the same file.
"""

from __future__ import annotations

import configparser
import json
import re
import sys
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent
PACKAGE = re.compile(r"(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;\\]+)(?:\s*;\s*(?P<marker>[^\\]+))?")
DIGEST = re.compile(r"--hash=sha256:([0-9a-f]{64})")
NEEDED_BY = re.compile(r"#\s+(?:via\s+)?(?P<name>[A-Za-z0-9._-]+)(?: \(setup\.cfg\))?$")


@dataclass
class LockedPackage:
    """A package of the lock: ``needed_by`` are the names of those that ask for it."""

    name: str
    version: str
    marker: str
    digests: list[str] = field(default_factory=list)
    needed_by: list[str] = field(default_factory=list)

    @property
    def address(self) -> str:
        """Its package URL (https://github.com/package-url/purl-spec)."""
        return f"pkg:pypi/{self.name.lower().replace('_', '-')}@{self.version}"


def read_lock(text: str) -> list[LockedPackage]:
    """Return the packages of a lock as uv writes it."""
    packages: list[LockedPackage] = []
    for line in text.splitlines():
        if found := PACKAGE.match(line):
            packages.append(LockedPackage(found["name"], found["version"], (found["marker"] or "").strip()))
        elif digest := DIGEST.search(line):
            packages[-1].digests.append(digest[1])
        elif packages and (via := NEEDED_BY.search(line.strip())) and via["name"] != "via":
            packages[-1].needed_by.append(via["name"])
    return packages


def describe_materials(packages: list[LockedPackage], name: str, version: str) -> dict[str, Any]:
    """Return the bill of materials of a program that runs on these packages."""
    own = f"pkg:pypi/{name}@{version}"
    # The lock may hold another version of a package for other Pythons: both are named, as both may be installed.
    by_name = [(package.name, package.address) for package in packages] + [(name, own)]
    needs: dict[str, list[str]] = {address: [] for _name, address in by_name}
    for package in packages:
        for needing, address in by_name:
            if needing in package.needed_by:
                needs[address].append(package.address)
    bill = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {"type": "application", "bom-ref": own, "name": name, "version": version, "purl": own}
        },
        "components": [describe_package(package) for package in packages],
        "dependencies": [{"ref": ref, "dependsOn": sorted(set(needed))} for ref, needed in needs.items()],
    }
    return bill | {"serialNumber": uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(bill, sort_keys=True)).urn}


def describe_package(package: LockedPackage) -> dict[str, Any]:
    """Return a package as a component. Its digests are those of all files that may be installed, by platform."""
    component: dict[str, Any] = {
        "type": "library",
        "bom-ref": package.address,
        "name": package.name,
        "version": package.version,
        "purl": package.address,
        "hashes": [{"alg": "SHA-256", "content": digest} for digest in package.digests],
    }
    if package.marker:
        component["properties"] = [{"name": "marker", "value": package.marker}]
    return component


def main() -> None:
    """Write the bill of materials of this checkout."""
    about = configparser.ConfigParser()
    about.read(FOLDER.parent / "setup.cfg", encoding="utf-8")
    packages = read_lock((FOLDER / "run.txt").read_text(encoding="utf-8"))
    bill = describe_materials(packages, about["metadata"]["name"], about["metadata"]["version"])
    json.dump(bill, sys.stdout, indent=1)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
