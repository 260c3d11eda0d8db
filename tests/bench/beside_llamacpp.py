#!/usr/bin/env python3
"""Halftone and llama.cpp side by side: the same shapes, weight types and threads, in alternation.

    beside_llamacpp.py --llama-bench PATH --halftone-cli PATH --synthetic qwen2.5-0.5b
        [--types f32,bf16,q8_0,q4_0] [--threads 1,2] [--rounds 5] [--json FILE]

A machine's speed changes by the second, so the two programs take turns, every other round in the
other order, and a ratio is that of one round. Printed are medians over the rounds, the middle half
of them in brackets, and the ratio halftone / llama.cpp: above 1, Halftone is the faster one.

llama.cpp reads model files: they are made with random weights in --models (ggufwriter.py) and kept
there, or named with --gguf TYPE=FILE, the latter for a model folder given with --model.

Exit codes: 0 done, 1 a program failed, 2 wrong usage or something missing.
Python's standard library only.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile

import ggufwriter


class Missing(Exception):
    """Something that the user has to give or to mend, as a sentence."""


class Failed(Exception):
    """A program that did not do its work, as a sentence."""


def program(path, option):
    """The path of a program that can be run."""
    found = shutil.which(path)
    if found:
        return found
    if os.path.isfile(path):
        raise Missing(f"{path}, given with {option}, cannot be executed.")
    raise Missing(f"There is no program {path}; name the right one with {option}.")


def positive(value):
    number = int(value)
    if number < 1:
        raise ValueError
    return number


def listed(kind):
    """A list such as 1,2 for argparse; no value twice."""

    def parse(value):
        return list(dict.fromkeys(kind(part) for part in value.split(",")))

    parse.__name__ = "list"
    return parse


def parse_arguments(arguments):
    parser = argparse.ArgumentParser(
        description="Runs halftone-cli bench and llama.cpp's llama-bench in alternation and "
        "compares them.",
        epilog="llama.cpp is at https://github.com/ggml-org/llama.cpp; build its target "
        "llama-bench.",
    )
    parser.add_argument("--llama-bench", required=True, metavar="PATH", help="llama.cpp's program")
    parser.add_argument("--halftone-cli", required=True, metavar="PATH", help="Halftone's program")
    model = parser.add_mutually_exclusive_group(required=True)
    model.add_argument("--synthetic", choices=sorted(ggufwriter.SHAPES), help="random weights")
    model.add_argument("--model", metavar="DIR", help="a model folder; needs --gguf for each type")
    parser.add_argument(
        "--gguf", action="append", default=[], metavar="TYPE=FILE", help="a model file to take"
    )
    parser.add_argument(
        "--models",
        default=os.path.join(tempfile.gettempdir(), "halftone-gguf"),
        metavar="DIR",
        help="where model files are made and kept; default %(default)s",
    )
    parser.add_argument(
        "--types",
        type=listed(str),
        default=["f32", "bf16", "q8_0", "q4_0"],
        metavar="LIST",
        help="weight types; default f32,bf16,q8_0,q4_0",
    )
    parser.add_argument(
        "--threads", type=listed(positive), default=[1, 2], metavar="LIST", help="default 1,2"
    )
    parser.add_argument("--prompt", type=positive, default=128, metavar="N", help="pp; default 128")
    parser.add_argument("--generate", type=positive, default=64, metavar="N", help="tg; default 64")
    parser.add_argument(
        "--rounds", type=positive, default=5, metavar="N", help="turns of each; default 5"
    )
    parser.add_argument(
        "--repetitions", type=positive, default=2, metavar="N", help="in a turn; default 2"
    )
    parser.add_argument(
        "--json", metavar="FILE", help="writes the figures too; - prints them and no table"
    )
    options = parser.parse_args(arguments)
    for weight_type in options.types:
        if weight_type not in ggufwriter.TYPES:
            parser.error(f"there is no type {weight_type}; there are {', '.join(ggufwriter.TYPES)}")
    if options.generate < 2:
        parser.error("--generate needs 2 steps at least")
    return options


def model_files(options):
    """A model file for each type: those given, and for synthetic shapes those made."""
    files = {}
    for given in options.gguf:
        weight_type, separator, path = given.partition("=")
        if not separator or weight_type not in ggufwriter.TYPES:
            raise Missing(f"--gguf was given as {given}; it must be TYPE=FILE, such as bf16=a.gguf.")
        if not os.path.isfile(path):
            raise Missing(f"There is no model file {path}, given with --gguf.")
        files[weight_type] = path
    for weight_type in options.types:
        if weight_type in files:
            continue
        if options.model:
            raise Missing(
                f"llama.cpp needs a model file of {options.model} in {weight_type}; name one with "
                f"--gguf {weight_type}=FILE, or leave the type out of --types."
            )
        files[weight_type] = made(options, weight_type)
    return files


def made(options, weight_type):
    shape = ggufwriter.SHAPES[options.synthetic]
    path = os.path.join(options.models, f"{options.synthetic}-{weight_type}.gguf")
    if os.path.exists(path):
        return path
    try:
        os.makedirs(options.models, exist_ok=True)
        needed = ggufwriter.file_bytes(shape, weight_type)
        free = shutil.disk_usage(options.models).free
        if free < needed + (64 << 20):
            raise Missing(
                f"{options.models} has {free / 1e9:.1f} GB free, and {path} needs "
                f"{needed / 1e9:.1f}; name another folder with --models."
            )
        print(f"Writing {path} ({needed / 1e9:.2f} GB)", file=sys.stderr)
        ggufwriter.write_model(path, shape, weight_type)
    except OSError as error:
        raise Missing(f"{path} cannot be written: {error.strerror}.") from error
    return path


def output_of(command):
    """What a program that prints JSON printed."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        raise Failed(f"{command[0]} cannot be run: {error.strerror}.") from error
    if done.returncode != 0:
        last = done.stderr.strip().splitlines()[-1:] or ["it said nothing"]
        raise Failed(f"{' '.join(command)} failed with {done.returncode}: {last[0]}")
    try:
        return json.loads(done.stdout)
    except ValueError as error:
        raise Failed(f"{' '.join(command)} printed what is not JSON: {error}.") from error


def llama_turn(options, files, weight_type, threads):
    command = [options.llama_bench, "-m", files[weight_type], "-t", str(threads)]
    command += ["-p", str(options.prompt), "-n", str(options.generate), "-ngl", "0"]
    command += ["-r", str(options.repetitions), "-o", "json"]
    figures = {}
    for test in output_of(command):
        samples = test.get("samples_ts") or [test["avg_ts"]]
        if test["n_gen"] == 0:
            figures["pp"] = statistics.median(samples)
        elif test["n_prompt"] == 0:
            figures["tg"] = statistics.median(samples)
    if len(figures) < 2:
        raise Failed(f"{' '.join(command)} did not report both prompt and generation.")
    return figures


def halftone_turn(options, files, weight_type, threads):
    del files  # Halftone makes its own weights, or reads the folder's
    command = [options.halftone_cli, "bench", "--parts", "prefill,decode", "--json"]
    command += ["--synthetic", options.synthetic] if options.synthetic else ["--model", options.model]
    command += ["--device", "cpu", "--type", weight_type, "--threads", str(threads)]
    command += ["--prefill", str(options.prompt), "--context", "0"]
    command += ["--steps", str(options.generate)]
    command += ["--rounds", str(options.repetitions), "--seconds", "0"]
    report = output_of(command)
    try:
        if report["type"] != weight_type:
            raise Failed(f"{' '.join(command)} measured {report['type']}.")
        return {
            "pp": report["prefill"]["tokens_per_s"],
            "tg": report["decode"]["tokens_per_s"],
            "share_of_stream": report["decode"]["share_of_stream"],
        }
    except KeyError as error:
        raise Failed(f"{' '.join(command)} did not report {error}.") from error


def spread(values):
    """Median and quartiles."""
    if len(values) == 1:
        return {"median": values[0], "low": values[0], "high": values[0]}
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return {"median": middle, "low": low, "high": high}


def compare(options, files):
    """The rounds: of each combination one turn of each program, next to each other."""
    combinations = [(kind, threads) for kind in options.types for threads in options.threads]
    turns = {combination: [] for combination in combinations}
    for number in range(options.rounds):
        print(f"Round {number + 1} of {options.rounds}", file=sys.stderr)
        programs = [("llama.cpp", llama_turn), ("halftone", halftone_turn)]
        if number % 2 == 1:
            programs.reverse()
        for weight_type, threads in combinations:
            turn = {name: run(options, files, weight_type, threads) for name, run in programs}
            turns[weight_type, threads].append(turn)
    results = []
    for (weight_type, threads), rounds in turns.items():
        result = {"type": weight_type, "threads": threads}
        for test in ("pp", "tg"):
            ours = [turn["halftone"][test] for turn in rounds]
            theirs = [turn["llama.cpp"][test] for turn in rounds]
            result[test] = {
                "halftone_tokens_per_s": spread(ours),
                "llamacpp_tokens_per_s": spread(theirs),
                "ratio": spread([a / b for a, b in zip(ours, theirs)]),
            }
        result["tg"]["share_of_stream"] = spread(
            [turn["halftone"]["share_of_stream"] for turn in rounds]
        )
        results.append(result)
    return results


def table(report):
    def cell(values, digits):
        return f"{values['median']:.{digits}f} [{values['low']:.{digits}f}-{values['high']:.{digits}f}]"

    names = {"pp": f"pp{report['prompt']}", "tg": f"tg{report['generate']}"}
    rows = [("type", "threads", "test", "halftone tok/s", "llama.cpp tok/s", "ratio")]
    for result in report["results"]:
        for test, name in names.items():
            figures = result[test]
            rows.append(
                (
                    result["type"],
                    str(result["threads"]),
                    name,
                    cell(figures["halftone_tokens_per_s"], 1),
                    cell(figures["llamacpp_tokens_per_s"], 1),
                    cell(figures["ratio"], 2),
                )
            )
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows
    )


def main(arguments):
    options = parse_arguments(arguments)
    try:
        options.llama_bench = program(options.llama_bench, "--llama-bench")
        options.halftone_cli = program(options.halftone_cli, "--halftone-cli")
        report = {
            "model": options.synthetic or options.model,
            "prompt": options.prompt,
            "generate": options.generate,
            "rounds": options.rounds,
            "results": compare(options, model_files(options)),
        }
    except Missing as error:
        print(f"beside_llamacpp.py: {error}", file=sys.stderr)
        return 2
    except Failed as error:
        print(f"beside_llamacpp.py: {error}", file=sys.stderr)
        return 1
    if options.json == "-":
        print(json.dumps(report))
        return 0
    print(table(report))
    if options.json:
        try:
            with open(options.json, "w", encoding="utf-8") as file:
                json.dump(report, file, indent=1)
        except OSError as error:
            print(f"beside_llamacpp.py: {options.json} cannot be written: {error.strerror}.",
                  file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
