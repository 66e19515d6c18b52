"""accuracy.py - each program with its own first weights and orders: are the networks equally good?

    python3 tests/peer/accuracy.py DIR        DIR holds CIFAR-10's binary files

The same 5,000 training images, 8 epochs, 3 seeds; tare and PyTorch train side by side, one thread each.
"""
import math
import statistics
import sys
import time

import torch

import networks
import peer

EPOCHS, IMAGES, SEEDS, CLOSE = 8, 5000, [1, 2, 3], 2


def train_peer(config, rows, data, seed):
    """First weights and orders from PyTorch's generator alone; of tare only the choice of images is taken."""
    began = time.process_time()
    torch.manual_seed(seed)
    images = peer.Images(data, rows)
    network = networks.Network(config)
    orders = [torch.randperm(len(images.train)) for _ in range(config["train"]["epochs"])]
    peer.train(network, config["train"], images, orders)
    accuracy, nll = peer.judge(network, images)
    return {"accuracy": accuracy, "nll": nll, "seconds": time.process_time() - began}


def summary(runs, key):
    """Mean and standard error over the seeds."""
    values = [run[key] for run in runs]
    return statistics.mean(values), statistics.stdev(values) / math.sqrt(len(values))


def compare(network, data):
    runs = peer.WORK / "accuracy" / network
    before = peer.children_seconds()
    tare = peer.start_tare(runs, network, data, EPOCHS, IMAGES, SEEDS)
    folders = [runs / f"{network}-{seed}" for seed in SEEDS]
    peer.wait_until(lambda: (folders[0] / "config.json").exists(), tare)
    config, rows = peer.read_config(folders[0]), peer.export(folders[0])
    theirs = []
    for seed in SEEDS:
        theirs.append(train_peer(config, rows, data, seed))
        print(network, "PyTorch, seed", seed, theirs[-1], flush=True)
    peer.wait_for(tare)
    seconds = peer.children_seconds() - before
    ours = [{key: peer.read_test(folder)[key] for key in ("accuracy", "nll")} for folder in folders]
    print(network, "tare", ours, flush=True)
    figures = {"tare": ours, "PyTorch": theirs}
    figures["seconds"] = [seconds / len(SEEDS), statistics.mean(run["seconds"] for run in theirs)]
    for key in ("accuracy", "nll"):
        (mean, error), (their_mean, their_error) = summary(ours, key), summary(theirs, key)
        figures[key] = [mean, error, their_mean, their_error, (mean - their_mean) / math.hypot(error, their_error)]
    return figures


def main():
    figures = {"epochs": EPOCHS, "images": IMAGES, "seeds": SEEDS, "close": CLOSE}
    for network in ("wrn", "vit"):
        figures[network] = compare(network, sys.argv[1])
        peer.save("accuracy.json", figures)


if __name__ == "__main__":
    main()
