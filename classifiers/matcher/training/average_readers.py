r"""Average the weights of readers that began with the same ones: the mean errs less than each on hands unseen.

    python -m classifiers.matcher.training.average_readers build/all.npz build/without_e_f_g.npz \
        build/without_h_i_j.npz --out build/pair_reader.npz

Beside each reader stand its weights, as ``hoax-tracker model train-reader`` leaves them. Word pieces and ``about`` are
those of the first. It needs the extra ``training``. (Wortsman et al. 2022, "Model soups", arXiv:2203.05482)
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from classifiers.matcher.pair_reader.model import PairReader
from classifiers.matcher.training.reader_network import as_onnx
from classifiers.matcher.training.train_reader import load_weights


def average_readers(paths: Sequence[Path]) -> PairReader:
    """Return a reader with the mean weights of the given readers."""
    first = PairReader.load(paths[0])
    runs = [load_weights(path.with_suffix(".weights.npz"))[0] for path in paths]
    weights = {name: sum(run[name] for run in runs[1:]) + runs[0][name] for name in runs[0]}
    mean = {name: array / len(runs) for name, array in weights.items()}
    return PairReader(first.pieces, as_onnx(mean), dict(first.about) | {"averaged": len(runs)})


def main() -> None:
    """Average the readers that are named, and write the mean."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("readers", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    average_readers(options.readers).save(options.out)


if __name__ == "__main__":
    main()
