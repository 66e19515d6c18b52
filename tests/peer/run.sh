#!/bin/sh
# run.sh DIR [PYTHON] - tare against PyTorch, single steps and whole trainings; writes tests/peer/results.md.
# DIR holds CIFAR-10's binary files (scripts/fetch-data cifar10); PYTHON has torch and numpy (Debian: python3-torch).
set -eu
usage() {
    echo "usage: tests/peer/run.sh DIR [PYTHON]: $1" >&2
    exit 2
}
[ -f "${1:-}/test_batch.bin" ] || usage "DIR holds data_batch_*.bin and test_batch.bin of CIFAR-10"
dir=$(realpath "$1") python=${2:-/usr/bin/python3}
"$python" -c 'import numpy, torch' 2>/dev/null || usage "$python has no torch and numpy; apt-get install python3-torch"
cd "$(dirname "$0")/../.."
make -s -j"$(nproc)" build/release/tare build/release/peer/export
for part in steps accuracy report; do nice -n 10 "$python" -W ignore tests/peer/$part.py "$dir"; done
