#!/usr/bin/env python3
"""Stands in for llama.cpp's llama-bench in tests: takes its options and prints its JSON, with
speeds that are the same every time: 100 tokens/s a thread for prompts, 10 for generation."""

import json
import sys


def main(arguments):
    options = dict(zip(arguments[0::2], arguments[1::2]))
    with open(options["-m"], "rb") as file:
        if file.read(4) != b"GGUF":
            print(f"error: failed to load model '{options['-m']}'", file=sys.stderr)
            return 1
    if options["-o"] != "json":
        return 1
    threads = int(options["-t"])
    tests = [(int(options["-p"]), 0, 100.0 * threads), (0, int(options["-n"]), 10.0 * threads)]
    print(
        json.dumps(
            [
                {
                    "build_commit": "0000000",
                    "model_filename": options["-m"],
                    "n_threads": threads,
                    "n_prompt": prompt,
                    "n_gen": generated,
                    "n_depth": 0,
                    "avg_ts": speed,
                    "stddev_ts": 0.0,
                    "samples_ts": [speed] * int(options["-r"]),
                }
                for prompt, generated, speed in tests
            ],
            indent=2,
        )
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
