"""The pair reader's network: its weights, its forward pass in JAX, and the same as ONNX in int8.

Message and claim run through the layers together. The first piece's state and the mean states of both sides go through
one hidden layer to three logits: repeat, near-miss, something else.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import numpy.typing as npt

from classifiers.matcher.pair_reader.encoding import CLAIM_PIECES, MESSAGE_PIECES
from classifiers.matcher.training.e5_weights import E5Weights

LAYERS, HEADS, HIDDEN = 6, 12, 128
LONGEST_PAIR = MESSAGE_PIECES + CLAIM_PIECES + 4
EPSILON = 1e-12
DROPOUT = 0.1
CLASSES = 3

_LAYER_MATRICES = ("attention", "joined", "inner", "outer")
_LAYER_NORMS = ("first_scale", "first_shift", "second_scale", "second_shift")

Floats32 = npt.NDArray[np.float32]
Weights = dict[str, Any]
"""Arrays by name; those of the layers are stacked and begin with ``layer.``."""


def begin_weights(e5: E5Weights, seed: int) -> Weights:
    """Return the weights to begin with: e5's first layers, tables of zeros for echo and side, and a random head."""
    dice, width = np.random.default_rng(seed), e5.width
    layers = [e5.layer(number) for number in range(LAYERS)]
    weights: Weights = {f"layer.{name}": np.stack([layer[name] for layer in layers]) for name in layers[0]}
    weights |= {
        "positions": e5.floats("emb.pos").reshape(-1, width)[:LONGEST_PAIR] + e5.floats("emb.type")[:width],
        "scale": e5.floats("emb.ln.w"),
        "shift": e5.floats("emb.ln.b"),
        "sides": np.zeros((2, width)),
        "echoes": np.zeros((4, width)),
        "hidden": dice.normal(0, 1 / math.sqrt(3 * width), (3 * width, HIDDEN)),
        "hidden_bias": np.zeros(HIDDEN),
        "head": dice.normal(0, 0.03, (HIDDEN, CLASSES)),
        "head_bias": np.zeros(CLASSES),
    }
    return {name: np.asarray(array, dtype=np.float32) for name, array in weights.items()}


def logits(weights: Weights, batch: Any, dropped: Any = None) -> Any:
    """Return the (pairs, 3) logits of a ``PairBatch``; ``dropped``: a JAX key that switches dropout on."""
    import jax
    import jax.numpy as jnp

    pairs, length, width = batch.embedded.shape
    bias, size = (1 - batch.mask)[:, None, None, :] * -1e9, width // HEADS

    def drop(key: Any, states: Any) -> Any:
        return states if key is None else states * jax.random.bernoulli(key, 1 - DROPOUT, states.shape) / (1 - DROPOUT)

    def normed(states: Any, scale: Any, shift: Any) -> Any:
        apart = states - states.mean(-1, keepdims=True)
        return apart * jax.lax.rsqrt((apart * apart).mean(-1, keepdims=True) + EPSILON) * scale + shift

    def layer(states: Any, of: Any) -> tuple[Any, None]:
        at, key = of
        first, second = (None, None) if dropped is None else jax.random.split(key)
        query, keys, values = (
            part.reshape(pairs, length, HEADS, size).transpose(0, 2, 1, 3)
            for part in jnp.split(states @ at["attention"] + at["attention_bias"], 3, -1)
        )
        attended = jax.nn.softmax(query @ keys.transpose(0, 1, 3, 2) / math.sqrt(size) + bias, -1) @ values
        joined = attended.transpose(0, 2, 1, 3).reshape(pairs, length, width) @ at["joined"] + at["joined_bias"]
        states = normed(states + drop(first, joined), at["first_scale"], at["first_shift"])
        inner = jax.nn.gelu(states @ at["inner"] + at["inner_bias"], approximate=True)
        outer = inner @ at["outer"] + at["outer_bias"]
        return normed(states + drop(second, outer), at["second_scale"], at["second_shift"]), None

    states = batch.embedded + weights["positions"][:length] + weights["sides"][batch.sides]
    states = normed(states + weights["echoes"][batch.echoes], weights["scale"], weights["shift"])
    stacked = {name.removeprefix("layer."): array for name, array in weights.items() if name.startswith("layer.")}
    keys = jnp.zeros((LAYERS, 2), jnp.uint32) if dropped is None else jax.random.split(dropped, LAYERS)
    states, _ = jax.lax.scan(layer, states, (stacked, keys))
    ours, theirs = batch.mask * (batch.sides == 0), batch.mask * (batch.sides == 1)
    means = [(states * side[..., None]).sum(1) / side.sum(1)[:, None] for side in (ours, theirs)]
    hidden = jnp.concatenate([states[:, 0], *means], -1) @ weights["hidden"] + weights["hidden_bias"]
    return jax.nn.gelu(hidden) @ weights["head"] + weights["head_bias"]


def as_onnx(weights: Mapping[str, Floats32], *, quantised: bool = True) -> bytes:
    """Return the network as an ONNX file, by default with the matrices of the layers in int8, scaled by column."""
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    model = _Graph(weights).model()
    if not quantised:
        return bytes(model.SerializeToString())
    with TemporaryDirectory() as folder:
        whole, small = Path(folder, "whole.onnx"), Path(folder, "small.onnx")
        onnx.save(model, whole)
        # Seven bits: older processors add pairs of products in sixteen bits, which eight would overflow.
        quantize_dynamic(
            whole, small, weight_type=QuantType.QInt8, per_channel=True, reduce_range=True,
            nodes_to_exclude=["hidden", "head"],
        )  # fmt: skip
        return small.read_bytes()


def from_onnx(network: bytes) -> dict[str, Floats32]:
    """Return the weights of a network that ``as_onnx`` wrote, as its int8 tells them."""
    import onnx
    from onnx import numpy_helper

    constants = {one.name: numpy_helper.to_array(one) for one in onnx.load_from_string(network).graph.initializer}

    def find(name: str) -> Floats32:
        if name in constants:
            return np.asarray(constants[name], dtype=np.float32)
        values = constants[f"{name}_quantized"].astype(np.float32) - constants[f"{name}_zero_point"]
        return np.asarray(values * constants[f"{name}_scale"], dtype=np.float32)

    layers = (*_LAYER_MATRICES, *(f"{name}_bias" for name in _LAYER_MATRICES), *_LAYER_NORMS)
    weights = {f"layer.{name}": np.stack([find(f"{name}.{layer}") for layer in range(LAYERS)]) for name in layers}
    weights |= {table: find(f"{table}_table") for table in ("sides", "echoes")}
    others = ("positions", "scale", "shift", "hidden", "hidden_bias", "head", "head_bias")
    return weights | {name: find(name) for name in others}


class _Graph:
    """Builds the ONNX graph, node by node."""

    def __init__(self, weights: Mapping[str, Floats32]) -> None:
        self._weights = weights
        self._nodes: list[Any] = []
        self._constants: dict[str, Any] = {}
        self._width = weights["positions"].shape[1]

    def model(self) -> Any:
        from onnx import TensorProto, helper

        self._build()
        floats, integers = TensorProto.FLOAT, TensorProto.INT64
        inputs = [helper.make_tensor_value_info("embedded", floats, ["pairs", "pieces", self._width])]
        inputs += [
            helper.make_tensor_value_info(name, kind, ["pairs", "pieces"])
            for name, kind in (("mask", floats), ("echoes", integers), ("sides", integers))
        ]
        output = helper.make_tensor_value_info("logits", floats, ["pairs", CLASSES])
        graph = helper.make_graph(self._nodes, "pair_reader", inputs, [output], list(self._constants.values()))
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)])
        model.ir_version = 9
        return model

    def _constant(self, name: str, value: Any) -> str:
        from onnx import numpy_helper

        self._constants[name] = numpy_helper.from_array(np.array(value, order="C"), name)
        return name

    def _do(self, operation: str, *inputs: str, name: str = "", **attributes: Any) -> str:
        from onnx import helper

        output = name if name == "logits" else f"{name or operation}_{len(self._nodes)}"
        self._nodes.append(helper.make_node(operation, list(inputs), [output], name=name or output, **attributes))
        return output

    def _weight(self, name: str, layer: int | None = None) -> str:
        if layer is None:
            return self._constant(name, self._weights[name].astype(np.float32))
        return self._constant(f"{name}.{layer}", self._weights[f"layer.{name}"][layer].astype(np.float32))

    def _linear(self, states: str, name: str, layer: int | None = None, node: str = "") -> str:
        product = self._do("MatMul", states, self._weight(name, layer), name=node)
        return self._do("Add", product, self._weight(f"{name}_bias", layer))

    def _normed(self, states: str, scale: str, shift: str) -> str:
        return self._do("LayerNormalization", states, scale, shift, epsilon=EPSILON)

    def _build(self) -> None:
        length = self._do("Gather", self._do("Shape", "mask"), self._constant("second", np.array(1)), axis=0)
        places = self._do("Range", self._constant("zero", np.array(0)), length, self._constant("step", np.array(1)))
        states = self._do("Add", "embedded", self._do("Gather", self._weight("positions"), places))
        for table in ("sides", "echoes"):
            states = self._do("Add", states, self._do("Gather", self._weight_table(table), table))
        states = self._normed(states, self._weight("scale"), self._weight("shift"))
        one, far = self._constant("one", np.float32(1)), self._constant("far", np.float32(-1e9))
        bias = self._do("Mul", self._do("Sub", one, "mask"), far)
        bias = self._do("Unsqueeze", bias, self._constant("heads_axes", np.array([1, 2])))
        for layer in range(LAYERS):
            states = self._layer(states, bias, layer)
        self._head(states)

    def _weight_table(self, table: str) -> str:
        return self._constant(f"{table}_table", self._weights[table].astype(np.float32))

    def _layer(self, states: str, bias: str, layer: int) -> str:
        size = self._width // HEADS
        shape = self._constant("by_head", np.array([0, 0, HEADS, size]))
        whole = self._linear(states, "attention", layer)
        parts = [f"{name}_{layer}" for name in ("query", "key", "value")]
        from onnx import helper

        self._nodes.append(helper.make_node("Split", [whole], parts, axis=-1, num_outputs=3))
        orders = ([0, 2, 1, 3], [0, 2, 3, 1], [0, 2, 1, 3])
        query, key, value = (
            self._do("Transpose", self._do("Reshape", part, shape), perm=order)
            for part, order in zip(parts, orders, strict=True)
        )
        scores = self._do("Mul", self._do("MatMul", query, key), self._constant("by_size", np.float32(size**-0.5)))
        attended = self._do("MatMul", self._do("Softmax", self._do("Add", scores, bias), axis=-1), value)
        joined = self._do("Transpose", attended, perm=[0, 2, 1, 3])
        joined = self._do("Reshape", joined, self._constant("together", np.array([0, 0, self._width])))
        joined = self._do("Add", states, self._linear(joined, "joined", layer))
        states = self._normed(joined, self._weight("first_scale", layer), self._weight("first_shift", layer))
        inner = self._do("Gelu", self._linear(states, "inner", layer), approximate="tanh")
        outer = self._do("Add", states, self._linear(inner, "outer", layer))
        return self._normed(outer, self._weight("second_scale", layer), self._weight("second_shift", layer))

    def _head(self, states: str) -> None:
        axis, last = self._constant("pieces_axis", np.array([1])), self._constant("last_axis", np.array([-1]))
        first = self._do("Gather", states, self._constant("first", np.array(0)), axis=1)
        theirs = self._do("Mul", "mask", self._do("Cast", "sides", to=1))
        means = []
        for side in (self._do("Sub", "mask", theirs), theirs):
            total = self._do("ReduceSum", self._do("Mul", states, self._do("Unsqueeze", side, last)), axis, keepdims=0)
            means.append(self._do("Div", total, self._do("ReduceSum", side, axis, keepdims=1)))
        joined = self._do("Concat", first, *means, axis=-1)
        hidden = self._do("Gelu", self._linear(joined, "hidden", node="hidden"), approximate="tanh")
        product = self._do("MatMul", hidden, self._weight("head"), name="head")
        self._do("Add", product, self._weight("head_bias"), name="logits")
