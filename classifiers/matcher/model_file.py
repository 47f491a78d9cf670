"""The match model in one .npz file: document frequencies, and the gate that ranks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from classifiers.matcher.gate import Gate
from classifiers.matcher.index.document_frequency import Background
from classifiers.matcher.pair_features import FEATURE_NAMES
from classifiers.shipped import shipped_data_folder

MATCH_MODEL_FILE = "match.npz"


class MatchModelError(ValueError):
    """The file is no model of this version; the message names it."""


@dataclass(frozen=True)
class MatchModel:
    """``ranking``: gives the likeness of a message and a page; ``about``: version and figures."""

    background: Background
    ranking: Gate
    about: Mapping[str, Any] = field(default_factory=dict)

    def save(self, path: Path) -> None:
        """Write the model without pickle, so that loading a foreign file runs no code."""
        about = dict(self.about) | {"features": FEATURE_NAMES}
        np.savez_compressed(
            path,
            allow_pickle=False,
            about=np.array(json.dumps(about, ensure_ascii=False)),
            rarity=self.background.rarity,
            **self.ranking.arrays("ranking"),
        )

    @classmethod
    def load(cls, path: Path) -> MatchModel:
        """Load a model. Raises ``MatchModelError`` where the file is unreadable or was fitted on other features."""
        try:
            with np.load(path, allow_pickle=False) as file:
                stored = {name: file[name] for name in file.files}
            about = json.loads(str(stored["about"]))
            if tuple(about["features"]) != FEATURE_NAMES:
                raise MatchModelError(f"{path}: fitted on other features than this version works out")
            return cls(Background(stored["rarity"]), Gate.from_arrays(stored, "ranking"), about)
        except (OSError, KeyError, ValueError) as error:
            if isinstance(error, MatchModelError):
                raise
            raise MatchModelError(f"{path}: no match model ({error})") from error


@cache
def load_match_model(models: Path | None = None) -> MatchModel:
    """Return the model in ``models``, by default the shipped one. It is cached."""
    return MatchModel.load((models or shipped_data_folder() / "models") / MATCH_MODEL_FILE)
