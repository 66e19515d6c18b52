"""report.py - writes tests/peer/results.md from what steps.py and accuracy.py measured.

    python3 tests/peer/report.py
"""
import json

import peer

TITLES = {
    "wrn-slow": "WRN-16-2, Adam 1e-4",
    "wrn-sgd": "WRN-16-2, SGD 0.01, decay 5e-4",
    "wrn": "WRN-16-2, Adam 2e-3",
    "vit": "ViT 64-4-4, AdamW 1e-3, decay .05",
}

STEPS = """## The same steps

Seed {seed}, {steps} steps of CIFAR-10: {images} training images, batch 128. Largest relative differences.

| | first loss | all {steps} losses | PyTorch with itself | test NLL, tare / PyTorch | within {limit:g} |
|---|---|---|---|---|---|
"""

ACCURACY = """## Networks of their own

{epochs} epochs of {images} training images, seeds {first} to {last}; mean +- standard error over the seeds; apart: the
difference in units of its own standard error.

| | | tare | PyTorch | apart | within {close} |
|---|---|---|---|---|---|
"""


def load(name):
    return json.loads((peer.WORK / name).read_text())


def told(versions):
    names = [f"{name} {versions[name]}" for name in ("PyTorch", "NumPy", "Python")]
    return ", ".join([versions["date"], versions["tare"], *names])


def steps_row(row, figures, limit):
    cells = [f"{figures[key]:.1e}" for key in ("first", "largest", "peer_itself")]
    cells += ["{:.5f} / {:.5f}".format(*figures["nll"]), "yes" if figures["largest"] <= limit else "no"]
    return f"| {TITLES[row]} | " + " | ".join(cells) + " |\n"


def steps_part():
    figures = load("steps.json")
    rates = max(row["lr"] for row in figures["rows"].values())
    text = STEPS.format(**figures) + "".join(steps_row(row, f, figures["limit"]) for row, f in figures["rows"].items())
    return text + f"\nLearning rates differ by {rates:.0e} at most. {told(figures['versions'])}.\n"


def accuracy_row(row, key, figures, scale, close):
    ours, our_error, theirs, their_error, apart = figures[key]
    cells = [f"{scale * ours:.2f} +- {scale * our_error:.2f}", f"{scale * theirs:.2f} +- {scale * their_error:.2f}"]
    cells += [f"{apart:+.2f}", "yes" if abs(apart) <= close else "no"]
    name = {"accuracy": "test accuracy, %", "nll": "test NLL"}[key]
    return f"| {TITLES[row]} | {name} | " + " | ".join(cells) + " |\n"


def accuracy_part():
    figures = load("accuracy.json")
    rows = [row for row in TITLES if row in figures]
    text = ACCURACY.format(**figures, first=figures["seeds"][0], last=figures["seeds"][-1])
    for row in rows:
        text += accuracy_row(row, "accuracy", figures[row], 100, figures["close"])
        text += accuracy_row(row, "nll", figures[row], 1, figures["close"])
    text += "\n| test accuracy by seed, % | tare | PyTorch | CPU seconds a run, tare / PyTorch |\n|---|---|---|---|\n"
    for row in rows:
        seeds = [", ".join(f"{100 * run['accuracy']:.2f}" for run in figures[row][who]) for who in ("tare", "PyTorch")]
        text += f"| {TITLES[row]} | {' | '.join(seeds)} | " + "{:.0f} / {:.0f} |\n".format(*figures[row]["seconds"])
    return text + f"\n{told(figures['versions'])}.\n"


def main():
    parts = [("steps.json", steps_part), ("accuracy.json", accuracy_part)]
    text = "# tare and PyTorch: what was measured\n\nWritten by report.py; README.md says what it means.\n"
    for name, part in parts:
        if (peer.WORK / name).exists():
            text += "\n" + part()
    (peer.HERE / "results.md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
