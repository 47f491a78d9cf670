"""Save and load trained models in one skops file, without pickle: it loads only scikit-learn's classes and our own."""

from __future__ import annotations

import hashlib
import os
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import skops.io
from sklearn.pipeline import Pipeline
from skops.io.exceptions import UntrustedTypesFoundException

import classifiers
from classifiers.flagger import features

MODEL_FORMAT = "kupang-kabas-hoaks-model"
MODEL_FORMAT_VERSION = 2
TRUSTED_CLASSES = (
    "classifiers.flagger.features.CueFeatures",
    "classifiers.flagger.features.HeadText",
    "classifiers.flagger.features.NearWords",
    "classifiers.flagger.features.PlaceFeatures",
    "classifiers.flagger.hashed_counts.LetterCounts",
    "classifiers.flagger.hashed_counts.WordCounts",
    "classifiers.flagger.calibrated_linear.CalibratedMargin",
    "classifiers.flagger.calibrated_linear.SourceAverage",
    "classifiers.flagger.local_adaptation.AdaptedJudge",
)
"""The classes outside scikit-learn and numpy that a model file may contain."""
_RETRAIN_HINT = "Latih model baru dengan «hoax-tracker model train»"
_UNPACKED_SIZE_LIMIT = 200_000_000  # of all parts unpacked, against zip bombs


class ArtefactError(ValueError):
    """The file is damaged, or is no model of this program; the message says which."""


@dataclass(frozen=True)
class Bundle:
    """The models that work together.

    ``hoax`` predicts misinformation; ``relevance`` and ``topics`` are None in a model trained on data sets alone.
    ``thresholds``: probabilities for "relevance" and "misinformation". ``meta``: name, trained_at, data_hash,
    code_version, features_version, models, metrics, routes (topic to unit), unit_kinds.
    """

    relevance: Pipeline | None
    hoax: Pipeline
    topics: Pipeline | None
    thresholds: Mapping[str, float]
    meta: Mapping[str, Any]


def save_bundle(bundle: Bundle, path: Path) -> None:
    """Write the bundle atomically: a reader sees the old file or the new one."""
    content = {
        "format": MODEL_FORMAT,
        "format_version": MODEL_FORMAT_VERSION,
        "relevance": bundle.relevance,
        "hoax": bundle.hoax,
        "topics": bundle.topics,
        "thresholds": dict(bundle.thresholds),
        "meta": dict(bundle.meta),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    os.close(handle)
    try:
        # Level 6 takes five times as long and saves 10 %.
        skops.io.dump(content, name, compression=zipfile.ZIP_DEFLATED, compresslevel=1)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    finally:
        Path(name).unlink(missing_ok=True)


def load_bundle(path: Path) -> Bundle:
    """Load a bundle. Raises ``ArtefactError`` where the file is unreadable, foreign, or fitted on other features."""
    try:
        _require_size_in_limit(path)
        content = skops.io.load(path, trusted=list(TRUSTED_CLASSES))
    except OSError as error:
        raise ArtefactError(f"{path}: berkas model tidak dapat dibaca ({error.strerror})") from error
    except UntrustedTypesFoundException as error:
        raise ArtefactError(f"{path}: berisi kelas yang bukan milik program ini: tidak dimuat ({error})") from error
    # A damaged archive raises many kinds of errors inside skops.
    except Exception as error:
        raise ArtefactError(f"{path}: bukan berkas model yang utuh ({type(error).__name__}: {error})") from error
    if not isinstance(content, dict) or content.get("format") != MODEL_FORMAT:
        raise ArtefactError(f"{path}: berkas ini bukan model Kupang Kabas Hoaks")
    if content.get("format_version") != MODEL_FORMAT_VERSION:
        raise ArtefactError(
            f"{path}: format model versi {content.get('format_version')}; "
            f"program ini membaca versi {MODEL_FORMAT_VERSION}. {_RETRAIN_HINT}"
        )
    fitted = content.get("meta", {}).get("features_version")
    if fitted != features.features_version():
        raise ArtefactError(
            f"{path}: model ini dilatih dengan penanda teks versi {fitted or 'lama'}; program ini membaca dengan versi "
            f"{features.features_version()}, sehingga bobotnya tidak cocok lagi. {_RETRAIN_HINT}"
        )
    return Bundle(*(content[name] for name in ("relevance", "hoax", "topics", "thresholds", "meta")))


def _require_size_in_limit(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        size = sum(part.file_size for part in archive.infolist())
    if size > _UNPACKED_SIZE_LIMIT:
        raise ValueError(f"{size} byte setelah dibuka, batasnya {_UNPACKED_SIZE_LIMIT}")


def code_version() -> str:
    """Return the first 12 hex digits of a SHA-256 over the source of ``classifiers``."""
    digest = hashlib.sha256()
    package = Path(classifiers.__file__).parent
    for source in sorted(package.rglob("*.py")):
        digest.update(source.relative_to(package).as_posix().encode() + b"\0" + source.read_bytes())
    return digest.hexdigest()[:12]
