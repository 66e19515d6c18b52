"""steps.py - the same weights, images and orders in both programs: how far do the losses of single steps differ?

    python3 tests/peer/steps.py DIR        DIR holds CIFAR-10's binary files

tare trains 50 steps: two epochs of 3,140 images, the last batch of each being smaller. PyTorch does the same from
tare's first weights in tare's order, and then once more with the images of each batch the other way round, which
changes nothing but the rounding: how far PyTorch is from itself shows what may be asked of another program.
"""
import sys

import networks
import peer

ROWS = ("wrn-slow", "wrn-sgd", "wrn", "vit")
EPOCHS, IMAGES, SEED, STEPS, LIMIT = 2, 3140, 1, 50, 1e-3


def largest(a, b):
    """The largest relative difference."""
    assert len(a) == len(b)
    return max(abs(x - y) / abs(y) for x, y in zip(a, b))


def reverse_batches(orders, size):
    return [sum((order[first : first + size][::-1] for first in range(0, len(order), size)), []) for order in orders]


def repeat(config, start, images, orders):
    """The run again in PyTorch: its losses and learning rates, and the trained network."""
    network = networks.Network(config)
    network.load(start)
    losses, rates = zip(*peer.train(network, config["train"], images, orders))
    return losses, rates, network


def compare(row, data):
    runs = peer.WORK / "steps" / row
    peer.wait_for(peer.start_tare(runs, row, data, EPOCHS, IMAGES, [SEED]))
    folder = runs / f"{row}-{SEED}"
    config, start = peer.read_config(folder), peer.export(folder)
    told, judged = peer.read_events(folder, "step"), peer.read_test(folder)
    ours = [event["loss"] for event in told]
    assert len(ours) == STEPS
    images, orders = peer.Images(data, start), start["order"].tolist()
    theirs, rates, network = repeat(config, start, images, orders)
    again, _, _ = repeat(config, start, images, reverse_batches(orders, config["train"]["batch"]))
    accuracy, nll = peer.judge(network, images)
    return {
        "first": largest(ours[:1], theirs[:1]),
        "largest": largest(ours, theirs),
        "peer_itself": largest(again, theirs),
        "lr": largest([event["lr"] for event in told], rates),
        "loss": [ours[0], ours[-1]],
        "nll": [judged["nll"], nll],
        "accuracy": [judged["accuracy"], accuracy],
    }


def main():
    figures = {"seed": SEED, "steps": STEPS, "images": IMAGES, "limit": LIMIT, "rows": {}}
    for row in ROWS:
        figures["rows"][row] = compare(row, sys.argv[1])
        print(row, figures["rows"][row], flush=True)
        peer.save("steps.json", figures)


if __name__ == "__main__":
    main()
