"""peer.py - what both comparisons share: tare called, its files read, and the same training done in PyTorch."""
import json
import os
import pathlib
import platform
import resource
import shutil
import subprocess
import time

import numpy
import torch
from torch.nn import functional as F
from torch.optim import lr_scheduler

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
BUILD = ROOT / "build" / "release"
WORK = ROOT / "build" / "peer"

# What PyTorch's side does; a run that asks for anything else is not comparable.
UNDERSTOOD = {
    "steps": 0, "schedule": "cosine", "clip": 0, "ema": 0, "smoothing": 0, "focal": 0, "mixup": 0, "augment": "none",
    "keep": "last", "log_every": 1, "patience": 0,
}  # fmt: skip

torch.set_num_threads(1)
torch.use_deterministic_algorithms(True)


# ---- tare ----


def start_tare(runs, row, data, epochs, images, seeds):
    """Train a row of train.lua in a process of its own, with one thread; a Popen."""
    shutil.rmtree(runs, ignore_errors=True)
    command = [BUILD / "tare", "run", HERE / "train.lua", "--runs", runs, "--threads", "1", "--quiet"]
    command += ["--seeds", ",".join(map(str, seeds)), row, data, epochs, images]
    return subprocess.Popen(list(map(str, command)), env={**os.environ, "TARE_HOME": str(ROOT)})


def wait_until(done, process):
    """Until done(), or until the process ends."""
    while not done() and process.poll() is None:
        time.sleep(0.1)


def wait_for(process):
    if process.wait() != 0:
        raise SystemExit(f"tare ended with {process.returncode}: {' '.join(process.args)}")


def children_seconds():
    """CPU time of all processes that were started from here and have ended."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime


def read_config(folder):
    config = json.loads((folder / "config.json").read_text())
    for key, value in UNDERSTOOD.items():
        asked = config["train"][key]
        assert asked == value, f"{folder}: {key} = {asked}, and only {value} is understood"
    return config


def read_events(folder, kind):
    lines = (folder / "events.jsonl").read_text().splitlines()
    return [event for event in map(json.loads, lines) if event["type"] == kind]


def read_test(folder):
    """The evaluation of the kept network on the test images."""
    return [event for event in read_events(folder, "eval") if event["split"] == "test"][-1]


def export(folder):
    """First weights, orders and splits of a run: name -> array."""
    path = WORK / (folder.name + ".safetensors")
    subprocess.run([str(BUILD / "peer" / "export"), str(folder), str(path)], check=True)
    return read_tensors(path)


def read_tensors(path):
    """A safetensors file (huggingface.co/docs/safetensors): length of the header, header, data."""
    content = path.read_bytes()
    start = 8 + int.from_bytes(content[:8], "little")
    tensors = {}
    for name, entry in json.loads(content[8:start]).items():
        if name != "__metadata__":
            first, end = entry["data_offsets"]
            kind = {"F32": "<f4", "I32": "<i4"}[entry["dtype"]]
            tensors[name] = numpy.frombuffer(content[start + first : start + end], kind).reshape(entry["shape"]).copy()
    return tensors


# ---- images ----


def read_records(paths):
    """CIFAR-10's binary version: a label and 3 x 32 x 32 bytes. Images (n, 3, 32, 32) and labels (n)."""
    records = numpy.concatenate([numpy.fromfile(path, numpy.uint8).reshape(-1, 3073) for path in paths])
    return records[:, 1:].reshape(-1, 3, 32, 32), torch.from_numpy(records[:, 0].astype(numpy.int64))


class Images:
    """The training and test images of a run, each channel normalised by the training images' mean and sd."""

    def __init__(self, data, rows):
        train, self.train_labels = read_records(sorted(pathlib.Path(data).glob("data_batch_[1-5].bin")))
        test, self.test_labels = read_records([pathlib.Path(data) / "test_batch.bin"])
        train, test = train[rows["train"]] / 255, test[rows["test"]] / 255
        mean, sd = train.mean((0, 2, 3), keepdims=True), train.std((0, 2, 3), keepdims=True)
        self.train = torch.from_numpy((train - mean) / sd).float()
        self.test = torch.from_numpy((test - mean) / sd).float()
        self.train_labels = self.train_labels[rows["train"].tolist()]
        self.test_labels = self.test_labels[rows["test"].tolist()]


# ---- training ----


def make_optimizer(network, settings):
    """Weight decay is for kernels and matrices; the class token and the positions are neither."""
    decaying, spared = [], []
    for name, weight in network.named_parameters():
        decays = weight.dim() > 1 and not name.endswith(("cls_token", "pos_embed"))
        (decaying if decays else spared).append(weight)
    groups = [{"params": decaying, "weight_decay": settings["weight_decay"]}, {"params": spared, "weight_decay": 0}]
    if settings["optimizer"] == "sgd":
        return torch.optim.SGD(groups, lr=settings["lr"], momentum=settings["momentum"])
    return {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[settings["optimizer"]](groups, lr=settings["lr"])


def make_schedule(optimizer, warmup, steps):
    cosine = lr_scheduler.CosineAnnealingLR(optimizer, steps - warmup)
    if warmup == 0:
        return cosine
    rise = lr_scheduler.LinearLR(optimizer, 1 / (warmup + 1), 1, warmup)
    return lr_scheduler.SequentialLR(optimizer, [rise, cosine], [warmup])


def train(network, settings, images, orders):
    """Train in these orders (epochs, n): [(loss, learning rate)] of all steps."""
    size = settings["batch"]
    batches = [order[first : first + size] for order in orders for first in range(0, len(order), size)]
    optimizer = make_optimizer(network, settings)
    schedule = make_schedule(optimizer, settings["warmup"], len(batches))
    steps = []
    network.train()
    for rows in batches:
        loss = F.cross_entropy(network(images.train[rows]), images.train_labels[rows])
        optimizer.zero_grad()
        loss.backward()
        steps.append((loss.item(), optimizer.param_groups[0]["lr"]))
        optimizer.step()
        schedule.step()
    return steps


def judge(network, images, rows=250):
    """Accuracy and NLL on the test images."""
    network.eval()
    with torch.no_grad():
        logits = torch.cat([network(part) for part in images.test.split(rows)])
    right = (logits.argmax(1) == images.test_labels).double().mean().item()
    return right, F.cross_entropy(logits.double(), images.test_labels).item()


# ---- the record ----


def versions():
    told = subprocess.run([str(BUILD / "tare"), "--version"], capture_output=True, text=True, check=True).stdout
    return {
        "date": time.strftime("%Y-%m-%d"),
        "tare": told.splitlines()[0],
        "PyTorch": torch.__version__,
        "NumPy": numpy.__version__,
        "Python": platform.python_version(),
    }


def save(name, figures):
    WORK.mkdir(parents=True, exist_ok=True)
    (WORK / name).write_text(json.dumps({**figures, "versions": versions()}, indent=1))
