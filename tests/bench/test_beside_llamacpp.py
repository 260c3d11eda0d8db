"""Tests of beside_llamacpp.py and of the model files that it makes. Run by ctest."""

import collections
import contextlib
import functools
import io
import json
import os
import struct
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True
sys.path.insert(0, HERE)
import beside_llamacpp
import ggufwriter

LLAMA_BENCH = os.path.join(HERE, "standin_llama_bench.py")
HALFTONE_CLI = os.path.join(HERE, "standin_halftone_cli.py")

TINY = ggufwriter.Shape("qwen2", 64, 2, 2, 1, 32, 96, 128, 256, 1e6, 1e-6)


class Reader:
    """GGUF as its specification has it, apart from the writer."""

    def __init__(self, data):
        self.data = data
        self.at = 0
        assert self.take("4s") == b"GGUF"
        self.version, count, entries = self.take("I"), self.take("Q"), self.take("Q")
        self.metadata = {self.string(): self.value(self.take("I")) for _ in range(entries)}
        self.tensors = {}
        for _ in range(count):
            name = self.string()
            dims = tuple(self.take("Q") for _ in range(self.take("I")))
            self.tensors[name] = (dims, self.take("I"), self.take("Q"))
        self.start = -(-self.at // 32) * 32

    def take(self, kind):
        (value,) = struct.unpack_from("<" + kind, self.data, self.at)
        self.at += struct.calcsize("<" + kind)
        return value

    def string(self):
        return self.take(f"{self.take('Q')}s").decode()

    def value(self, kind):
        return {4: lambda: self.take("I"), 6: lambda: self.take("f"), 8: self.string}[kind]()

    def bytes_of(self, name, size):
        offset = self.start + self.tensors[name][2]
        assert offset + size <= len(self.data)
        return self.data[offset : offset + size]


@functools.lru_cache(maxsize=None)
def tiny(weight_type):
    return written(TINY, weight_type)


def written(shape, weight_type):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "tiny.gguf")
        ggufwriter.write_model(path, shape, weight_type)
        assert os.listdir(folder) == ["tiny.gguf"]
        with open(path, "rb") as file:
            return Reader(file.read())


class ModelFiles(unittest.TestCase):
    def test_the_header_says_what_the_model_is(self):
        reader = tiny("bf16")
        self.assertEqual(reader.version, 3)
        self.assertEqual(reader.metadata["general.architecture"], "qwen2")
        self.assertEqual(reader.metadata["qwen2.embedding_length"], 64)
        self.assertEqual(reader.metadata["qwen2.block_count"], 2)
        self.assertEqual(reader.metadata["qwen2.attention.head_count_kv"], 1)
        self.assertEqual(reader.metadata["qwen2.rope.freq_base"], 1e6)
        self.assertEqual(reader.metadata["qwen2.vocab_size"], 128)
        self.assertEqual(reader.metadata["tokenizer.ggml.model"], "no_vocab")

    def test_every_tensor_has_its_shape_and_lies_in_the_file(self):
        sizes = {0: (1, 4), 1: (1, 2), 30: (1, 2), 8: (32, 34), 2: (32, 18)}
        for weight_type, number in {"f32": 0, "f16": 1, "bf16": 30, "q8_0": 8, "q4_0": 2}.items():
            reader = tiny(weight_type)
            self.assertEqual(reader.tensors["blk.1.ffn_down.weight"][:2], ((96, 64), number))
            self.assertEqual(reader.tensors["blk.0.attn_k.weight"][:2], ((64, 32), number))
            self.assertEqual(reader.tensors["blk.0.attn_k.bias"][:2], ((32,), 0))
            table = 8 if weight_type == "q4_0" else number
            self.assertEqual(reader.tensors["token_embd.weight"][:2], ((64, 128), table))
            self.assertNotIn("output.weight", reader.tensors)  # tied
            self.assertEqual(len(reader.tensors), 2 + 2 * 12)
            end = 0
            for dims, kind, offset in reader.tensors.values():
                self.assertEqual(offset % 32, 0)
                self.assertGreaterEqual(offset, end)
                values = dims[0] * (dims[1] if len(dims) > 1 else 1)
                end = offset + values // sizes[kind][0] * sizes[kind][1]
            self.assertLess(len(reader.data) - reader.start - end, 32)
            self.assertEqual(
                len(reader.data) - reader.start, ggufwriter.file_bytes(TINY, weight_type)
            )

    def test_weights_are_random_and_alike_in_every_file(self):
        name, values = "blk.0.ffn_up.weight", 64 * 96
        first, again = (written(TINY, "f32").bytes_of(name, 4 * values) for _ in range(2))
        self.assertEqual(first, again)
        floats = struct.unpack(f"<{values}f", first)
        self.assertGreater(len(set(floats)), values // 2)
        self.assertLess(max(map(abs, floats)), 0.0201)

    def test_norms_are_ones(self):
        data = tiny("q4_0").bytes_of("blk.1.attn_norm.weight", 256)
        self.assertEqual(struct.unpack("<64f", data), (1.0,) * 64)

    def test_qwen3_has_norms_of_heads_and_llama_neither_those_nor_biases(self):
        names = {
            shape: {tensor.name for tensor in ggufwriter.tensors(ggufwriter.SHAPES[shape], "f32")}
            for shape in ("qwen3-0.6b", "llama-3.2-1b")
        }
        self.assertIn("blk.27.attn_q_norm.weight", names["qwen3-0.6b"])
        self.assertNotIn("blk.0.attn_q.bias", names["qwen3-0.6b"])
        self.assertNotIn("blk.0.attn_q_norm.weight", names["llama-3.2-1b"])
        self.assertNotIn("blk.0.attn_q.bias", names["llama-3.2-1b"])

    def test_the_sizes_are_those_of_the_models(self):
        # A token of Qwen2.5-0.5B reads 1,976 MB of f32, 988 of bf16, 525 of q8_0, 346 of q4_0.
        shape = ggufwriter.SHAPES["qwen2.5-0.5b"]
        for weight_type, megabytes in {"f32": 1976, "bf16": 988, "q8_0": 525, "q4_0": 346}.items():
            self.assertAlmostEqual(
                ggufwriter.file_bytes(shape, weight_type) / 1e6, megabytes, delta=1.0
            )

    def test_encoded_weights_are_near_the_given_ones(self):
        values = [(i * 37 % 64 - 31) / 1600 for i in range(32)]
        largest = max(map(abs, values))
        wide = struct.unpack("<32f", b"".join(b"\0\0" + ggufwriter.encode(values, "bf16")[i : i + 2]
                                               for i in range(0, 64, 2)))
        scale, *codes = struct.unpack("<e32b", ggufwriter.encode(values, "q8_0"))
        eight = [scale * code for code in codes]
        scale4, *pairs = struct.unpack("<e16B", ggufwriter.encode(values, "q4_0"))
        four = [scale4 * ((pair & 15) - 8) for pair in pairs]
        four += [scale4 * ((pair >> 4) - 8) for pair in pairs]
        for decoded, bound in ((wide, 1 / 128), (eight, 1 / 250), (four, 1 / 7.9)):
            for a, b in zip(decoded, values):
                self.assertLess(abs(a - b), bound * largest)


Done = collections.namedtuple("Done", "returncode stdout stderr")


class Comparison(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.gguf = os.path.join(self.folder.name, "tiny.gguf")
        ggufwriter.write_model(self.gguf, TINY, "f32")

    def tearDown(self):
        self.folder.cleanup()

    def run_script(self, *arguments, llama=LLAMA_BENCH, halftone=HALFTONE_CLI):
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                code = beside_llamacpp.main(
                    ["--llama-bench", llama, "--halftone-cli", halftone, *arguments]
                )
            except SystemExit as wrong_usage:
                code = wrong_usage.code
        return Done(code, out.getvalue(), err.getvalue())

    def assert_fails(self, done, code, part):
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertIn(part, done.stderr)
        self.assertEqual(done.stdout, "")

    def test_prints_ratios_per_type_and_threads(self):
        path = os.path.join(self.folder.name, "out.json")
        done = self.run_script(
            "--synthetic", "qwen2.5-0.5b", "--types", "bf16,q8_0", "--threads", "1,2",
            "--gguf", f"bf16={self.gguf}", "--gguf", f"q8_0={self.gguf}", "--rounds", "2",
            "--json", path,
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        lines = [line.split() for line in done.stdout.splitlines()]
        self.assertEqual(len(lines), 1 + 2 * 2 * 2)
        self.assertEqual(lines[1][:4], ["bf16", "1", "pp128", "200.0"])
        self.assertEqual(lines[8][:4], ["q8_0", "2", "tg64", "30.0"])
        self.assertEqual(lines[8][-2:], ["1.50", "[1.50-1.50]"])
        with open(path, encoding="utf-8") as file:
            report = json.load(file)
        self.assertEqual(len(report["results"]), 4)
        last = report["results"][3]
        self.assertEqual((last["type"], last["threads"]), ("q8_0", 2))
        self.assertEqual(last["pp"]["ratio"]["median"], 2.0)
        self.assertEqual(last["tg"]["llamacpp_tokens_per_s"]["median"], 20.0)
        self.assertEqual(last["tg"]["share_of_stream"]["median"], 0.95)

    def test_prints_json_alone_when_asked(self):
        done = self.run_script(
            "--model", "folder", "--gguf", f"f32={self.gguf}", "--types", "f32", "--threads", "1",
            "--rounds", "1", "--prompt", "7", "--generate", "5", "--json", "-",
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        report = json.loads(done.stdout)
        self.assertEqual((report["prompt"], report["generate"]), (7, 5))

    def test_the_real_program_prints_what_the_script_reads(self):
        program = os.environ.get("HALFTONE_CLI")
        if not program:
            self.skipTest("HALFTONE_CLI names no program")
        done = self.run_script(
            "--model", os.environ["HALFTONE_TEST_MODEL"], "--gguf", f"f32={self.gguf}",
            "--types", "f32", "--threads", "1", "--rounds", "1", "--prompt", "8", "--generate",
            "8", "--json", "-", halftone=program,
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        figures = json.loads(done.stdout)["results"][0]
        self.assertGreater(figures["pp"]["halftone_tokens_per_s"]["median"], 0)
        self.assertGreater(figures["tg"]["share_of_stream"]["median"], 0)

    def test_says_what_is_missing(self):
        synthetic = ("--synthetic", "qwen2.5-0.5b", "--types", "f32")
        self.assert_fails(
            self.run_script(*synthetic, llama="/no/llama-bench"),
            2,
            "There is no program /no/llama-bench; name the right one with --llama-bench.",
        )
        self.assert_fails(
            self.run_script(*synthetic, halftone=self.gguf), 2, "cannot be executed."
        )
        self.assert_fails(
            self.run_script(*synthetic, "--gguf", "f32=/no/file.gguf"),
            2,
            "There is no model file /no/file.gguf, given with --gguf.",
        )
        self.assert_fails(self.run_script(*synthetic, "--gguf", "file.gguf"), 2, "TYPE=FILE")
        self.assert_fails(
            self.run_script("--model", "folder", "--types", "f16"), 2, "--gguf f16=FILE"
        )
        self.assert_fails(self.run_script(), 2, "--synthetic")
        self.assert_fails(
            self.run_script("--synthetic", "qwen2.5-0.5b", "--types", "q5_1"),
            2,
            "there is no type q5_1",
        )
        self.assert_fails(
            self.run_script("--synthetic", "qwen2.5-0.5b", "--models", self.gguf), 2,
            "cannot be written",
        )

    def test_says_what_a_program_said_when_it_failed(self):
        not_a_model = os.path.join(self.folder.name, "text.gguf")
        with open(not_a_model, "w", encoding="utf-8") as file:
            file.write("text")
        done = self.run_script(
            "--model", "folder", "--types", "f32", "--gguf", f"f32={not_a_model}", "--threads", "1"
        )
        self.assert_fails(done, 1, "failed to load model")


if __name__ == "__main__":
    unittest.main()
