r"""Average the weights of readers that began with the same ones: the mean errs less than each on hands unseen.

    python -m classifiers.matcher.training.average_readers build/all.npz build/without_e_f_g.npz \
        build/without_h_i_j.npz --out build/pair_reader.npz

Word pieces and ``about`` are those of the first, but for the hands, which are those of all. It needs the extra
``training``. (Wortsman et al. 2022, "Model soups", arXiv:2203.05482)
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from classifiers.matcher.pair_reader.model import PairReader
from classifiers.matcher.training.reader_network import as_onnx, from_onnx


def average_readers(paths: Sequence[Path]) -> PairReader:
    """Return a reader with the mean weights of the given readers."""
    readers = [PairReader.load(path) for path in paths]
    runs = [from_onnx(reader.read_network()) for reader in readers]
    mean = {name: np.mean([run[name] for run in runs], axis=0) for name in runs[0]}
    hands = sorted({hand for reader in readers for hand in reader.about["hands"]})
    about = dict(readers[0].about) | {"hands": hands, "averaged": len(runs)}
    return PairReader(readers[0].pieces, as_onnx(mean), about)


def main() -> None:
    """Average the readers that are named, and write the mean."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("readers", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    average_readers(options.readers).save(options.out)


if __name__ == "__main__":
    main()
