"""Model files for llama.cpp with seeded random weights: GGUF version 3, of the shapes that
halftone-cli bench --synthetic knows, in f32, f16, bf16, q8_0 and q4_0.

How fast a model is computed does not depend on what its weights say, so one pool of random values
is encoded once and written again and again, each tensor from another place in it. Norms and biases
are f32, and in q4_0 the embedding table, which is the head too, is q8_0, as llama-quantize leaves
it where the width is no multiple of 256. There is no tokenizer ("no_vocab"): a benchmark feeds ids.

Python's standard library only.
"""

import os
import random
import struct
from dataclasses import dataclass


@dataclass(frozen=True)
class Shape:
    architecture: str  # as llama.cpp calls it: qwen2, qwen3, llama
    hidden: int
    layers: int
    heads: int
    kv_heads: int
    head_width: int
    intermediate: int
    vocabulary: int
    context: int
    rope_base: float
    epsilon: float


# All have a tied head.
SHAPES = {
    "qwen2.5-0.5b": Shape("qwen2", 896, 24, 14, 2, 64, 4864, 151936, 32768, 1e6, 1e-6),
    "qwen2.5-1.5b": Shape("qwen2", 1536, 28, 12, 2, 128, 8960, 151936, 32768, 1e6, 1e-6),
    "llama-3.2-1b": Shape("llama", 2048, 16, 32, 8, 64, 8192, 128256, 131072, 5e5, 1e-5),
    "qwen3-0.6b": Shape("qwen3", 1024, 28, 16, 8, 128, 3072, 151936, 40960, 1e6, 1e-6),
}


@dataclass(frozen=True)
class WeightType:
    number: int  # of the tensor type in GGUF
    file_type: int  # general.file_type of a file that is mostly of this type
    block: int  # values
    block_bytes: int


TYPES = {
    "f32": WeightType(0, 0, 1, 4),
    "f16": WeightType(1, 1, 1, 2),
    "bf16": WeightType(30, 32, 1, 2),
    "q8_0": WeightType(8, 7, 32, 34),
    "q4_0": WeightType(2, 2, 32, 18),
}

ALIGNMENT = 32
POOL_VALUES = 1 << 15
WRITE_BYTES = 1 << 21


@dataclass(frozen=True)
class Tensor:
    name: str
    dims: tuple  # the contiguous one first
    type: str
    fill: float = None  # None: random weights

    @property
    def bytes(self):
        values = 1
        for dim in self.dims:
            values *= dim
        kind = TYPES[self.type]
        return values // kind.block * kind.block_bytes


def tensors(shape, weight_type):
    """All tensors of the model, in the order of the file."""
    queries = shape.heads * shape.head_width
    keys = shape.kv_heads * shape.head_width
    table_type = "q8_0" if weight_type == "q4_0" else weight_type
    result = [
        Tensor("token_embd.weight", (shape.hidden, shape.vocabulary), table_type),
        Tensor("output_norm.weight", (shape.hidden,), "f32", 1.0),
    ]
    for layer in range(shape.layers):
        def add(name, *dims, fill=None):
            kind = weight_type if fill is None else "f32"
            result.append(Tensor(f"blk.{layer}.{name}", dims, kind, fill))

        add("attn_norm.weight", shape.hidden, fill=1.0)
        add("attn_q.weight", shape.hidden, queries)
        add("attn_k.weight", shape.hidden, keys)
        add("attn_v.weight", shape.hidden, keys)
        if shape.architecture == "qwen2":
            add("attn_q.bias", queries, fill=0.0)
            add("attn_k.bias", keys, fill=0.0)
            add("attn_v.bias", keys, fill=0.0)
        if shape.architecture == "qwen3":
            add("attn_q_norm.weight", shape.head_width, fill=1.0)
            add("attn_k_norm.weight", shape.head_width, fill=1.0)
        add("attn_output.weight", queries, shape.hidden)
        add("ffn_norm.weight", shape.hidden, fill=1.0)
        add("ffn_gate.weight", shape.hidden, shape.intermediate)
        add("ffn_up.weight", shape.hidden, shape.intermediate)
        add("ffn_down.weight", shape.intermediate, shape.hidden)
    return result


def file_bytes(shape, weight_type):
    """What the tensors take; the rest of the file is some tens of kilobytes."""
    return sum(padded(tensor.bytes) for tensor in tensors(shape, weight_type))


def padded(size):
    return -(-size // ALIGNMENT) * ALIGNMENT


def encode(values, weight_type):
    """Floats in the bytes of a type; whole blocks."""
    if weight_type == "f32":
        return struct.pack(f"<{len(values)}f", *values)
    if weight_type == "f16":
        return struct.pack(f"<{len(values)}e", *values)
    if weight_type == "bf16":  # the upper half of a float32
        wide = struct.pack(f"<{len(values)}f", *values)
        out = bytearray(2 * len(values))
        out[0::2] = wide[2::4]
        out[1::2] = wide[3::4]
        return bytes(out)
    pieces = []
    for begin in range(0, len(values), 32):
        block = values[begin : begin + 32]
        largest = max(block, key=abs)
        if weight_type == "q8_0":
            scale = abs(largest) / 127
            codes = [round(value / scale) if scale else 0 for value in block]
            pieces.append(struct.pack("<e32b", scale, *codes))
        else:  # q4_0: codes 0 to 15 mean -8 to 7 scales; value i and i + 16 share a byte
            scale = largest / -8
            codes = [min(15, max(0, int(value / scale + 8.5))) if scale else 8 for value in block]
            pairs = [codes[i] | codes[i + 16] << 4 for i in range(16)]
            pieces.append(struct.pack("<e16B", scale, *pairs))
    return b"".join(pieces)


def text(value):
    data = value.encode()
    return struct.pack("<Q", len(data)) + data


def metadata(shape, weight_type, name):
    """Key, type number and packed value of each entry."""
    prefix = shape.architecture

    def number(key, value):
        return text(key) + struct.pack("<II", 4, value)

    def real(key, value):
        return text(key) + struct.pack("<If", 6, value)

    def string(key, value):
        return text(key) + struct.pack("<I", 8) + text(value)

    return [
        string("general.architecture", prefix),
        string("general.name", name),
        number("general.file_type", TYPES[weight_type].file_type),
        number("general.quantization_version", 2),
        number("general.alignment", ALIGNMENT),
        number(f"{prefix}.context_length", shape.context),
        number(f"{prefix}.embedding_length", shape.hidden),
        number(f"{prefix}.block_count", shape.layers),
        number(f"{prefix}.feed_forward_length", shape.intermediate),
        number(f"{prefix}.attention.head_count", shape.heads),
        number(f"{prefix}.attention.head_count_kv", shape.kv_heads),
        number(f"{prefix}.attention.key_length", shape.head_width),
        number(f"{prefix}.attention.value_length", shape.head_width),
        number(f"{prefix}.rope.dimension_count", shape.head_width),
        real(f"{prefix}.rope.freq_base", shape.rope_base),
        real(f"{prefix}.attention.layer_norm_rms_epsilon", shape.epsilon),
        number(f"{prefix}.vocab_size", shape.vocabulary),
        string("tokenizer.ggml.model", "no_vocab"),
    ]


def header(shape, weight_type, name):
    """All before the tensors' data."""
    entries = metadata(shape, weight_type, name)
    listed = tensors(shape, weight_type)
    parts = [b"GGUF", struct.pack("<IQQ", 3, len(listed), len(entries)), *entries]
    offset = 0
    for tensor in listed:
        parts.append(text(tensor.name))
        parts.append(struct.pack(f"<I{len(tensor.dims)}Q", len(tensor.dims), *tensor.dims))
        parts.append(struct.pack("<IQ", TYPES[tensor.type].number, offset))
        offset += padded(tensor.bytes)
    data = b"".join(parts)
    return data + bytes(padded(len(data)) - len(data))


class Pool:
    """Encoded random weights, repeated to fill any tensor."""

    def __init__(self, weight_type, seed):
        source = random.Random(seed)
        # Small, so that activations stay finite through any number of layers.
        values = [source.uniform(-0.02, 0.02) for _ in range(POOL_VALUES)]
        data = encode(values, weight_type)
        self.block_bytes = TYPES[weight_type].block_bytes
        self.period = len(data)
        self.data = data * (WRITE_BYTES // len(data) + 1)
        self.source = source

    def write(self, file, size):
        start = self.source.randrange(self.period // self.block_bytes) * self.block_bytes
        while size > 0:
            piece = min(size, len(self.data) - start)
            file.write(memoryview(self.data)[start : start + piece])
            size -= piece
            start = (start + piece) % self.period


def write_model(path, shape, weight_type, seed=1):
    """Writes the file under another name first: what has the name is whole."""
    pools = {}
    partial = f"{path}.partial"
    with open(partial, "wb") as file:
        name = os.path.splitext(os.path.basename(path))[0]
        file.write(header(shape, weight_type, name))
        for tensor in tensors(shape, weight_type):
            if tensor.fill is None:
                if tensor.type not in pools:
                    pools[tensor.type] = Pool(tensor.type, seed)
                pools[tensor.type].write(file, tensor.bytes)
            else:
                file.write(struct.pack("<f", tensor.fill) * (tensor.bytes // 4))
            file.write(bytes(padded(tensor.bytes) - tensor.bytes))
    os.replace(partial, path)
