"""What compare-with-pytorch.sh runs: starts `bench` and PyTorch side by side, measures them by turns, prints the table, writes the CSV."""
import argparse
import csv
import os
import statistics
import subprocess
import sys
import time

SCRIPTS = os.path.dirname(os.path.abspath(__file__))
CSV = os.path.join(os.path.dirname(SCRIPTS), "results", "benchmarks", "pytorch.csv")
CORES = len(os.sched_getaffinity(0))


class Unavailable(Exception):
    """A process ended before its time; the message is what it said."""


class Side:
    """Processes that train side by side. Each is warm once it is made, and waits for its turn: it sleeps until it reads a line."""

    def __init__(self, command, processes, threads):
        environment = {**os.environ, "OMP_NUM_THREADS": str(threads)}
        pipes = dict(stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
        self.rates, self.processes = [], [subprocess.Popen(command, **pipes) for _ in range(processes)]
        _, self.name, self.library = self._answers()[0].split(maxsplit=2)

    def _answers(self):
        """A line of each process."""
        lines = [process.stdout.readline().strip() for process in self.processes]
        if not all(lines):
            self.end()
            raise Unavailable(self.processes[lines.index("")].error)
        return lines

    def measure(self):
        """One repetition of all processes at once: images per second, summed."""
        time.sleep(0.1)  # idle OpenMP threads of the side before spin for some milliseconds
        for process in self.processes:
            process.stdin.write("\n")
            process.stdin.flush()
        self.rates.append(sum(int(images) / float(seconds) for images, seconds in map(str.split, self._answers())))
        return self.rates[-1]

    def median(self):
        return statistics.median(self.rates)

    def end(self):
        for process in self.processes:
            process.kill()
            process.error = process.communicate()[1].strip()


def ours(args, batch, norm, precision):
    groups = ["--groups", "8"] if norm == "gn" else []
    return Side([args.program, "bench", "--by-turns", "--model", "resnet20", "--norm", norm, *groups, "--batch", str(batch), "--device", "cpu",
                 "--precision", precision, "--threads", "1", "--seconds", str(args.seconds)], CORES, threads=1)


def pytorch(args, batch, norm, precision, processes):
    """PyTorch in fp32, or in a bf16 row under autocast to bf16 where that is faster."""
    threads = CORES // processes
    command = [sys.executable, os.path.join(SCRIPTS, "pytorch_training.py"), "--norm", norm, "--batch", str(batch),
               "--threads", str(threads), "--seconds", str(args.seconds)] + ["--channels-last"] * args.channels_last
    plain = Side(command, processes, threads)
    plain.precision = "fp32"
    if precision == "bf16":
        try:
            cast = Side(command + ["--autocast"], processes, threads)
        except Unavailable:  # PyTorch 1.13 has no GroupNorm of bf16 values with fp32 weights
            return plain
        cast.precision = "autocast"
        plain, slower = sorted((plain, cast), key=Side.measure, reverse=True)
        plain.rates.clear()
        slower.end()
    return plain


def measure(args, batch, norm, precision):
    """One row: the three sides by turns."""
    sides = []
    try:
        sides.append(ours(args, batch, norm, precision))
        sides.append(pytorch(args, batch, norm, precision, 1))
        sides.append(pytorch(args, batch, norm, precision, CORES))
        for _ in range(args.repetitions):
            for side in sides:
                side.measure()
    finally:
        for side in sides:
            side.end()
    return sides


def table(rows):
    header = ["batch", "norm", "precision", "engine", "ours", "PyTorch", "ratio", "PyTorch per core", "ratio", "PyTorch in", "spread"]
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]
    for row in [header, *rows]:
        print("   ".join(cell.rjust(width) for cell, width in zip(row, widths)))


def busy():
    """The part of the machine that others use: this process sleeps meanwhile."""
    def idle():
        with open("/proc/stat") as file:
            return int(file.readline().split()[4]) / os.sysconf("SC_CLK_TCK") / os.cpu_count()
    start, before = time.monotonic(), idle()
    time.sleep(1)
    return 1 - (idle() - before) / (time.monotonic() - start)


def cpu():
    with open("/proc/cpuinfo") as file:
        return next((line.split(":", 1)[1].strip() for line in file if line.startswith("model name")), "unknown processor")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--channels-last", action="store_true")
    for name, values in {"batch": "2,8,32,128", "norm": "bn,gn", "precision": "fp32,bf16"}.items():
        parser.add_argument("--" + name, type=lambda text: text.split(","), default=values)
    parser.add_argument("--repetitions", type=int, default=5)
    args = parser.parse_args()
    args.seconds = 1 if args.quick else 2
    grid = [(int(batch), norm, precision) for precision in args.precision for norm in args.norm for batch in args.batch]
    if args.quick:
        typed = any(argument.startswith("--batch") for argument in sys.argv)
        grid = [point for point in grid if typed or point[0] == 2 or (point[0] == 32 and point[2] == "fp32")]

    others = busy()
    if others > 0.1:
        print(f"Others use {100 * others:.0f}% of this machine: the numbers will be off, PyTorch's with all cores most of all, since its "
              "threads wait for each other.", file=sys.stderr)
    rows, lines, refused = [], [], {}
    for number, (batch, norm, precision) in enumerate(grid, 1):
        if precision in refused:
            continue
        print(f"{number} of {len(grid)}: batch {batch}, {norm}, {precision} ...", file=sys.stderr, flush=True)
        try:
            sides = measure(args, batch, norm, precision)
        except Unavailable as reason:
            if precision == "fp32":
                sys.exit(str(reason))
            refused[precision] = str(reason)
            print(f"Left out {precision}: {reason}", file=sys.stderr)
            continue
        our, whole, each = (side.median() for side in sides)
        rows.append(dict(batch=batch, norm=norm, engine=sides[0].name, precision=precision, images_per_second=round(our, 1),
                         pytorch_images_per_second=round(whole, 1), ratio=round(our / whole, 3),
                         pytorch_per_core_images_per_second=round(each, 1), ratio_per_core=round(our / each, 3), repetitions=args.repetitions))
        spread = max((max(side.rates) - min(side.rates)) / side.median() for side in sides)
        lines.append([str(batch), norm, precision, sides[0].name, f"{our:.0f}", f"{whole:.0f}", f"{our / whole:.2f}x", f"{each:.0f}",
                      f"{our / each:.2f}x", " / ".join(dict.fromkeys(side.precision for side in sides[1:])), f"{100 * spread:.0f}%"])
    if not rows:
        sys.exit(3)

    print(f"\nImages per second of a training step: ResNet-20, 32x32x3, SGD with momentum 0.9 and weight decay 1e-4; GN has 8 groups.\n"
          f"{cpu()}, {CORES} cores. Ours: {sides[0].library}. PyTorch {sides[1].library}{', channels_last' if args.channels_last else ''}.\n"
          f"Medians of {args.repetitions} repetitions of {args.seconds} s, by turns; spread: the widest of a row, (highest - lowest) / median.")
    if any(row["precision"] == "bf16" for row in rows):
        print("In bf16 rows PyTorch computes in the faster of fp32 and autocast to bf16; 'PyTorch in' says which.")
    print()
    table(lines)
    path = CSV.replace(".csv", "-channels-last.csv") if args.channels_last else CSV
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path + ".new", "w", newline="") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    os.replace(path + ".new", path)
    print(f"\nWritten to {os.path.relpath(path)}.")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
