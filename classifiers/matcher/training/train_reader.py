"""Train the pair reader: ``hoax-tracker model train-reader``. It needs the extra ``training`` (JAX, Optax, ONNX).

    hoax-tracker model train-reader --retrieval ../shared/data/retrieval/*.jsonl --out build/reader.npz
    hoax-tracker model train-reader --leave-out e --leave-out f … --out build/without_e_f.npz     # to be measured on

One pass over some 30,000 pairs in batches of about 1,536 pieces, on one core. Every hundred steps all is written to a
checkpoint beside ``--out``: the same command goes on from there, and ends as though it had not been stopped. The order
of pairs, dropout and the head's first weights follow from the seed.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple
from zlib import crc32

import numpy as np
import numpy.typing as npt

from classifiers.matcher.match import load_shipped_reader
from classifiers.matcher.pair_reader.encoding import EncodedPair, WordPieces, encode_pair
from classifiers.matcher.pair_reader.model import PairBatch, PairReader, pad_pairs
from classifiers.matcher.training.data import read_csv_table, read_json_lines
from classifiers.matcher.training.e5_weights import E5Weights
from classifiers.matcher.training.reader_network import (
    CLASSES,
    LONGEST_PAIR,
    Weights,
    as_onnx,
    begin_weights,
    from_onnx,
    logits,
)
from classifiers.matcher.training.reader_pairs import PairSources, ReaderPair, gather_pairs, plain
from classifiers.shipped import list_hands

BATCH_PIECES = 1536
LENGTHS = (40, 64, 96, LONGEST_PAIR)
"""Padded lengths: each is compiled once."""
LEARNING_RATE, HEAD_RATE = 1.5e-4, 6.0
"""Rate of the layers, and times that of the head and the tables, which begin with nothing."""
WARM_UP_STEPS = 50
LAST_RATE = 0.02
SMOOTHING = 0.06
"""Share of a label that is spread over all three: some labels are wrong."""
CHECKPOINT_STEPS = 100
NEW_WEIGHTS = frozenset(("sides", "echoes", "hidden", "hidden_bias", "head", "head_bias"))

Progress = Callable[[str], None]


@dataclass(frozen=True)
class ReaderTraining:
    """What to train on and where to write.

    ``left_out``: hands that are not learned from; ``start``: a reader to begin with, else e5;
    ``pairs_limit``: pairs that are read, None for all.
    """

    data: Path
    retrieval: Sequence[Path]
    out: Path
    left_out: frozenset[str] = frozenset()
    start: Path | None = None
    pairs_limit: int | None = None
    learning_rate: float = LEARNING_RATE
    seed: int = 1

    @property
    def checkpoint(self) -> Path:
        """Return the file from which a stopped run goes on."""
        return self.out.with_suffix(".checkpoint.npz")


class Batch(NamedTuple):
    """Pairs of one padded length; the last ones repeat others and weigh nothing."""

    pairs: tuple[EncodedPair, ...]
    labels: npt.NDArray[np.int64]
    weights: npt.NDArray[np.float32]
    length: int


def train_reader(training: ReaderTraining, progress: Progress = print) -> PairReader:
    """Train, write the reader, and return it. Goes on from the checkpoint of the same run."""
    # One thread: a second core gains little on such small matrices, and others need it.
    os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    reader, e5 = load_shipped_reader(), E5Weights()
    hands = [hand for hand in list_hands(training.data) if hand not in training.left_out]
    begun, known = load_weights(training.start) if training.start else (begin_weights(e5, training.seed), [])
    pairs = gather_pairs(PairSources(training.data, training.retrieval, hands, known), reader, training.seed)
    pieces = e5.word_pieces(vocabulary(training, reader, pairs))
    pairs = pairs[: training.pairs_limit]
    progress(f"{len(pairs)} pairs, hands {' '.join(hands)}, {len(pieces.pieces)} word pieces")
    batches = list(make_batches(pairs, pieces))
    weights = _fit(begun, batches, pieces, training, progress)
    learned_from = {"hands": sorted({*hands, *known}), "pairs": len(pairs)}
    about = {"version": "1", **learned_from, "steps": len(batches), "seed": training.seed}
    trained = PairReader(pieces, as_onnx(weights), about)
    trained.save(training.out)
    training.checkpoint.unlink(missing_ok=True)
    return trained


def vocabulary(training: ReaderTraining, reader: Any, pairs: Sequence[ReaderPair]) -> set[str]:
    """Return the words that the vocabulary cuts as e5 does: those of the pairs, the public pages and our texts."""
    words = {word for pair in pairs for text in (pair.message, pair.claim) for word in text.split()}
    texts = [
        row[key] or ""
        for path in training.retrieval
        for row in read_json_lines(path)
        for key in _PAGE_FIELDS
        if key in row
    ]
    texts += [row["text"] for path in training.data.glob("labelled/*.csv") for row in read_csv_table(path)]
    words.update(*(plain(text[:1500], reader).split() for text in texts))
    lists = [path.read_text(encoding="utf-8").split() for path in training.data.glob("language/*.txt")]
    return words.union(*lists)


_PAGE_FIELDS = ("doc_title", "doc_kesimpulan", "doc_body")


def make_batches(pairs: Sequence[ReaderPair], pieces: WordPieces) -> Iterator[Batch]:
    """Yield batches of pairs of similar length, in the order of the pairs."""
    filling: dict[int, list[tuple[EncodedPair, int]]] = {length: [] for length in LENGTHS}
    for pair in pairs:
        encoded = encode_pair(pair.message, pair.claim, pieces)
        length = next(length for length in LENGTHS if len(encoded.pieces) <= length)
        filling[length].append((encoded, pair.label))
        if len(filling[length]) == BATCH_PIECES // length:
            yield _batch(filling[length], length)
            filling[length] = []
    yield from (_batch(rest, length) for length, rest in filling.items() if rest)


def _batch(part: Sequence[tuple[EncodedPair, int]], length: int) -> Batch:
    size = BATCH_PIECES // length
    full = [part[at % len(part)] for at in range(size)]
    weights = (np.arange(size) < len(part)).astype(np.float32)
    return Batch(tuple(pair for pair, _ in full), np.array([label for _, label in full]), weights, length)


def load_weights(path: Path) -> tuple[Weights, list[str]]:
    """Return the weights of a reader, and the hands that it has learned from."""
    reader = PairReader.load(path)
    return from_onnx(reader.read_network()), list(reader.about["hands"])


def _fit(
    weights: Weights, batches: Sequence[Batch], pieces: WordPieces, training: ReaderTraining, progress: Progress
) -> dict[str, npt.NDArray[np.float32]]:
    import jax
    import jax.numpy as jnp
    import optax

    optimiser = optax.chain(optax.clip_by_global_norm(1.0), optax.scale_by_adam(b2=0.99))
    state = optimiser.init(weights := jax.tree.map(jnp.asarray, weights))

    def loss(weights: Weights, batch: Any, labels: Any, weight: Any, key: Any) -> Any:
        targets = jax.nn.one_hot(labels, CLASSES) * (1 - SMOOTHING) + SMOOTHING / CLASSES
        surprise = -(targets * jax.nn.log_softmax(logits(weights, batch, key))).sum(-1)
        return (surprise * weight).sum() / weight.sum()

    def step(weights: Weights, state: Any, rate: Any, *batch: Any) -> Any:
        value, slopes = jax.value_and_grad(loss)(weights, *batch)
        changes, state = optimiser.update(slopes, state)
        rates = {name: rate * (HEAD_RATE if name in NEW_WEIGHTS else 1.0) for name in weights}
        return {name: weights[name] - rates[name] * changes[name] for name in weights}, state, value

    compiled_step = jax.jit(step)
    mark = crc32(repr([(batch.length, batch.pairs[0].pieces) for batch in batches]).encode())
    first, (weights, state) = _resumed(training.checkpoint, mark, (weights, state))
    losses: list[float] = []
    for number in range(first, len(batches)):
        batch = batches[number]
        padded = _padded(batch, pieces)
        rate = training.learning_rate * _rate_share(number, len(batches))
        key = jax.random.fold_in(jax.random.key(training.seed), number)
        weights, state, value = compiled_step(weights, state, rate, padded, batch.labels, batch.weights, key)
        losses.append(float(value))
        if (number + 1) % CHECKPOINT_STEPS == 0:
            _write_checkpoint(training.checkpoint, mark, number + 1, (weights, state))
            progress(f"{number + 1} of {len(batches)} steps, loss {np.mean(losses[-CHECKPOINT_STEPS:]):.3f}")
    return {name: np.asarray(array) for name, array in weights.items()}


def _padded(batch: Batch, pieces: WordPieces) -> PairBatch:
    """Return a batch padded to its length."""
    padded = pad_pairs(batch.pairs, pieces)
    missing = batch.length - padded.mask.shape[1]
    arrays: Any = (np.pad(array, ((0, 0), (0, missing), *[(0, 0)] * (array.ndim - 2))) for array in padded)
    return PairBatch(*arrays)


def _rate_share(step: int, steps: int) -> float:
    return min(1.0, (step + 1) / WARM_UP_STEPS) * max(1 - step / steps, LAST_RATE)


def _resumed(path: Path, mark: int, begun: Any) -> tuple[int, Any]:
    """Return the step and the arrays of a checkpoint of the same batches, or step 0 and the given ones."""
    import jax

    if not path.exists():
        return 0, begun
    with np.load(path, allow_pickle=False) as stored:
        if int(stored["mark"]) != mark:
            raise ValueError(f"{path}: a checkpoint of other pairs; delete it, or write to another --out")
        arrays = [stored[f"array_{at}"] for at in range(len(stored.files) - 2)]
        return int(stored["step"]), jax.tree.unflatten(jax.tree.structure(begun), arrays)


def _write_checkpoint(path: Path, mark: int, step: int, trees: Any) -> None:
    import jax

    arrays: Mapping[str, Any] = {f"array_{at}": np.asarray(leaf) for at, leaf in enumerate(jax.tree.leaves(trees))}
    unfinished = path.with_suffix(".part.npz")
    np.savez(unfinished, allow_pickle=False, mark=np.array(mark), step=np.array(step), **arrays)
    unfinished.replace(path)
