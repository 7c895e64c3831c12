"""A bill of materials: every crate that is linked, in CycloneDX's form."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import notices


def write_sbom(into: Path, package: str, version: str) -> None:
    """Writes that of a package, libesa or esa-emulator, to `into`."""
    known = notices.packages()
    components = [_component(name, number, known[name, number]) for name, number in notices.linked(package)]
    kind = "library" if package == "libesa" else "application"
    own = {"type": kind, "bom-ref": package, "name": package, "version": version}
    own["licenses"] = [{"license": {"id": "Apache-2.0"}}]  # type: ignore[assignment]
    bom = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": own},
        "components": components,
        "dependencies": [{"ref": package, "dependsOn": [component["bom-ref"] for component in components]}],
    }
    into.write_text(json.dumps(bom, indent=1) + "\n", "utf-8")


def _component(name: str, version: str, package: dict[str, Any]) -> dict[str, Any]:
    url = f"pkg:cargo/{name}@{version}"
    component: dict[str, Any] = {"type": "library", "bom-ref": url, "name": name, "version": version, "purl": url}
    if package["license"]:
        component["licenses"] = [{"expression": package["license"].replace("/", " OR ")}]
    return component
