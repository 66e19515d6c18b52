#!/usr/bin/python3
"""Writes tests/fuzz/corpus: small files for each fuzz target, right ones and wrong ones. Run it at the top of the source.

Needs Debian's python3-numpy and python3-scipy, whose .npy and .mat files are the genuine ones. The same input gives the
same bytes: what savemat says about the day and the machine is overwritten. Some targets take a first byte that says which
file the rest is (see their heads).
"""
import gzip
import io
import json
import pathlib
import struct

import numpy
import scipy.io

CORPUS = pathlib.Path("tests/fuzz/corpus")


def put(target, name, data, first=None):
    folder = CORPUS / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes((b"" if first is None else bytes([first])) + data)


def idx():
    def images(n, h, w, count=None):
        return struct.pack(">4I", 0x803, n, h, w) + bytes(i % 256 for i in range(n * h * w if count is None else count))

    def labels(values, n=None):
        return struct.pack(">2I", 0x801, len(values) if n is None else n) + bytes(values)

    pack = lambda data: gzip.compress(data, mtime=0)
    put("idx", "images", images(4, 2, 2), 0)
    put("idx", "images.gz", pack(images(4, 2, 2)), 0)
    put("idx", "images-28", images(2, 28, 28), 2)
    put("idx", "images-cut", images(4, 2, 2, 15), 0)
    put("idx", "images-more", images(4, 2, 2, 17), 0)
    put("idx", "images-huge", images(0xffffffff, 0xffffffff, 0xffffffff, 4), 0)
    put("idx", "images-product", images(10000000, 256, 256, 64), 2)
    put("idx", "images-none", images(0, 2, 2), 0)
    put("idx", "images-zeros.gz", pack(images(4, 2, 2) + bytes(100000)), 0)
    put("idx", "images-cut.gz", pack(images(4, 2, 2))[:-9], 2)
    put("idx", "images-members.gz", b"".join(pack(images(4, 2, 2)[i : i + 9]) for i in range(0, 32, 9)) + b"\0\0", 0)
    put("idx", "labels", labels([0, 1, 0, 1]), 1)
    put("idx", "labels-from-1", labels([1, 2, 1, 2]), 1)
    put("idx", "labels.gz", pack(labels([1, 1, 0, 0])), 3)
    put("idx", "labels-255", labels([0, 1, 255, 1]), 1)
    put("idx", "labels-few", labels([0, 1, 0]), 1)
    put("idx", "labels-head", labels([], 0x7fffffff), 3)
    put("idx", "names", b"ant\r\n\nbee", 4)
    put("idx", "names-long", b"a" * 40 + b"\nb\n", 4)
    put("idx", "names-control", b"a\x1b[2J\nb\n", 4)
    put("idx", "empty", b"", 0)


def records():
    for first, labels in ((0, b"\1"), (1, b"\1\2"), (2, b"\3"), (3, b"\1"), (4, b"\1\2"), (5, b"\3")):
        put("records", f"two-{first}", (labels + bytes(3072)) * 2, first)
    put("records", "one", b"\0" + bytes(3072), 3)
    put("records", "label", b"\12" + bytes(3072), 0)
    put("records", "coarse", b"\24\0" + bytes(3072), 4)
    put("records", "fine", b"\0\144" + bytes(3072), 4)
    put("records", "cut", bytes(3072), 3)
    put("records", "byte", bytes(3074), 3)
    put("records", "empty", b"", 0)
    put("records", "ten-names", b"".join(b"name %d\n" % i for i in range(10)), 6)
    put("records", "hundred-names", b"".join(b"name %d\n" % i for i in range(100)), 7)
    put("records", "many-names", b"x\n" * 1001, 6)


def mat():
    def save(name, variables, packed, change=None):
        out = io.BytesIO()
        scipy.io.savemat(out, variables, do_compression=packed)
        data = bytearray(out.getvalue())
        data[:116] = b"MATLAB 5.0 MAT-file".ljust(116)
        put("mat", name, bytes(change(data) if change else data))
        return data

    def at(place, data):
        def change(old):
            old[place : place + len(data)] = data
            return old

        return change

    x = numpy.zeros((32, 32, 3, 2), numpy.uint8)
    x[5:20, 3:9, 1] = 200
    y = numpy.array([[1], [10]], numpy.uint8)
    both = {"X": x, "y": y}
    save("packed", both, True)
    save("plain", both, False)
    save("doubles", {"X": x, "y": y.astype(float)}, True)
    save("one", {"X": x[..., 0], "y": y[:1]}, True)
    save("label-11", {"X": x, "y": y + 1}, True)
    save("others", {"a": "text", "b": {"c": 1.5}, "d": numpy.array([1 + 2j]), "e": numpy.array([[1, "x"]], object),
                    "f": numpy.arange(6, dtype=numpy.int16).reshape(1, 2, 3), "y": y}, True)
    save("types", {t: numpy.array([1, 2], t) for t in ("int8", "uint16", "int32", "uint32", "int64", "uint64",
                                                        "float32", "bool")}, False)
    save("sparse", {"X": scipy.sparse.csc_matrix(numpy.eye(3)), "y": y}, False)
    save("empty-arrays", {"X": numpy.zeros((0, 0)), "y": y}, False)
    save("version-7.3", both, True, at(124, b"\0\2"))
    save("other-order", both, True, at(124, b"\1\0MI"))
    save("no-mark", both, True, at(126, b"XX"))
    save("cut", both, True, lambda data: data[:200])
    save("head", both, True, lambda data: data[:128])
    save("half-a-tag", both, True, lambda data: data[:133])
    save("size-huge", {"y": y}, False, at(132, b"\xff\xff\xff\xff"))
    save("size-0", {"y": y}, False, at(132, b"\0\0\0\0"))
    save("dims-huge", {"y": y}, False, at(160, b"\xff\xff\xff\x7f" * 2))
    save("dims-negative", {"y": y}, False, at(160, b"\xff\xff\xff\xff"))
    save("stream-bent", both, True, at(150, b"\xff"))
    put("mat", "hdf5", b"\x89HDF\r\n\x1a\n" + bytes(200))
    put("mat", "empty", b"")
    big = bytearray(b"MATLAB 5.0 MAT-file".ljust(124) + b"\1\0MI")
    inner = struct.pack(">IIIIII2iIIIIB7x", 6, 8, 9, 0, 5, 8, 1, 1, 1 << 16 | 1, ord("y") << 24, 2, 1, 7)
    put("mat", "big-endian", bytes(big) + struct.pack(">II", 14, len(inner)) + inner)


def npy():
    def save(name, array, first, change=None):
        out = io.BytesIO()
        numpy.save(out, array)
        data = bytearray(out.getvalue())
        put("npy", name, bytes(change(data) if change else data), first)

    def written(name, head, data, first, version=1):
        front = b"\x93NUMPY" + bytes([version, 0]) + struct.pack("<H" if version == 1 else "<I", len(head)) + head
        put("npy", name, front + data, first)

    pixels = numpy.arange(16, dtype=numpy.uint8).reshape(4, 2, 2)
    save("images", pixels, 0)
    save("images-last", numpy.zeros((4, 2, 2, 3), numpy.uint8), 0)
    save("images-first", numpy.zeros((4, 3, 5, 5), numpy.uint8), 2)
    save("images-float", pixels / 255, 0)
    save("images-fortran", numpy.asfortranarray(pixels), 0)
    save("images-cut", pixels, 0, lambda data: data[:-1])
    save("images-0", pixels[:0], 0)
    for t in ("int8", "uint16", "int32", "uint32", "int64", "uint64", "float32", "float64", "bool"):
        save("labels-" + t, numpy.array([0, 1, 1, 0], t), 1)
    save("labels-column", numpy.array([[0], [1], [1], [0]]), 3)
    save("labels-negative", numpy.array([0, -1, 1, 0]), 1)
    save("labels-nan", numpy.array([0, numpy.nan, 1, 0]), 1)
    save("labels-big-endian", numpy.array([0, 1, 1, 0], ">i4"), 1)
    save("labels-half", numpy.array([0, 1, 1, 0], "f2"), 1)
    written("labels-python-2", b"{'descr': u'|u1',\t'fortran_order': False, 'shape': (4L,)}\r\n", bytes(4), 1)
    written("labels-name", b"{'descr': 'uint8', 'fortran_order': True, 'shape': (4, 1)}\n", bytes(4), 1)
    written("no-type", b"{'descr': '', 'fortran_order': False, 'shape': (4,)}\n", bytes(4), 1)
    save("text", numpy.array(["a", "b"]), 1)
    save("records", numpy.array([(1, 2.0)], [("a", "i4"), ("b", "f8")]), 1)
    save("scalar", numpy.array(3.5), 1)
    head = b"{'descr': '|u1', 'fortran_order': False, 'shape': (4,), }\n"
    written("version-2", head, bytes(4), 1, 2)
    written("version-3", head, bytes(4), 1, 3)
    written("version-9", head, bytes(4), 1, 9)
    written("huge", b"{'descr': '<f8', 'fortran_order': False, 'shape': (4294967296, 4294967296)}", b"", 0)
    written("overflow", b"{'descr': '<f8', 'fortran_order': False, 'shape': (2305843009213693953,)}", bytes(8), 0)
    written("digits", b"{'shape': (" + b"9" * 300 + b",)}", b"", 0)
    written("deep", b"{'shape': (((((((((((((((1)))))))))))))))}", b"", 0)
    written("open", b"{'descr': '<f8", b"", 0)
    written("nothing", b"", b"", 0)
    put("npy", "head-4-GB", b"\x93NUMPY\2\0\xff\xff\xff\xff{}", 0)
    put("npy", "magic", b"\x93NUMPY", 0)


def safetensors():
    def save(name, header, data=b""):
        text = header if isinstance(header, bytes) else json.dumps(header).encode()
        put("safetensors", name, struct.pack("<Q", len(text)) + text + data)

    def tensor(kind, shape, begin, end):
        return {"dtype": kind, "shape": shape, "data_offsets": [begin, end]}

    save("none", {})
    save("meta", {"__metadata__": {"a": "b", "c": ""}})
    save("checksum", {"__metadata__": {"tare.checksum": "0000000000000000"}, "a": tensor("U8", [1], 0, 1)}, b"x")
    save("types", {"a": tensor("F64", [1], 0, 8), "b": tensor("I64", [1], 8, 16), "c": tensor("F32", [2], 16, 24),
                   "d": tensor("I32", [1], 24, 28), "e": tensor("U8", [3], 28, 31)}, bytes(range(31)))
    save("scalar", {"a": tensor("F32", [], 0, 4)}, bytes(4))
    save("empty", {"a": tensor("F32", [0, 3], 0, 0)})
    save("hole", {"a": tensor("U8", [1], 0, 1), "b": tensor("U8", [1], 2, 3)}, bytes(3))
    save("overlap", {"a": tensor("U8", [2], 0, 2), "b": tensor("U8", [2], 1, 3)}, bytes(3))
    save("more", {"a": tensor("U8", [1], 0, 1)}, bytes(2))
    save("beyond", {"a": tensor("U8", [9], 0, 9)}, bytes(3))
    save("another-size", {"a": tensor("U8", [9], 0, 1)}, bytes(1))
    save("overflow", {"a": tensor("F64", [1 << 62, 1 << 62], 0, 8)}, bytes(8))
    save("zero-times-huge", {"a": tensor("F64", [0, (1 << 63) - 1, (1 << 63) - 1], 0, 0)})
    save("negative", {"a": tensor("U8", [-1], 0, 1)}, bytes(1))
    save("backwards", {"a": tensor("U8", [1], 1, 0)}, bytes(1))
    save("unaligned", {"a": tensor("U8", [1], 0, 1), "b": tensor("F32", [1], 1, 5)}, bytes(5))
    save("halves", {"a": tensor("BF16", [1], 0, 2), "b": tensor("F16", [1, 1, 1, 1, 1, 1, 1, 1], 2, 4)}, bytes(4))
    save("small", {"a": tensor("BOOL", [1], 0, 1), "b": tensor("I16", [1], 1, 3), "c": tensor("U64", [1], 3, 11)}, bytes(11))
    save("another-type", {"a": tensor("F8_E5M2", [1], 0, 1)}, bytes(1))
    save("long-name", {"n" * 96: tensor("U8", [1], 0, 1)}, bytes(1))
    save("no-shape", {"a": {"dtype": "U8", "data_offsets": [0, 1]}}, bytes(1))
    save("list", b"[]")
    save("twice", b'{"a": {}, "a": {}}')
    save("no-json", b'{"a": ')
    save("deep", b"[" * 3000)
    put("safetensors", "huge-header", struct.pack("<Q", 1 << 62) + b"{}")
    put("safetensors", "short", b"\1\0\0")
    put("safetensors", "nothing", b"")


def of_run():
    """Events and configurations: those of the stored runs, whole, shortened and bent."""
    for run in ("base", "vtst"):
        folder = pathlib.Path("tests/gold/run") / run
        lines = (folder / "events.jsonl").read_bytes().splitlines(keepends=True)
        put("events", run, b"".join(lines[:6] + lines[-6:]))
        put("events", run + "-torn", b"".join(lines[:4])[:-20])
        put("events", run + "-missing", b"".join(lines[:3] + lines[5:7]))
        put("events", run + "-backwards", b"".join(lines[3::-1]))
        config = json.loads((folder / "config.json").read_text())
        text = lambda c: json.dumps(c).encode()
        put("config", run, text(config))
        for part in ("data", "model", "train"):
            bent = json.loads(text(config))
            key = sorted(bent[part])[0]
            for name, value in (("null", None), ("list", [1]), ("number", 1e300), ("text", "x" * 300)):
                bent[part][key] = value
                put("config", f"{run}-{part}-{name}", text(bent))
            del bent[part][key]
            put("config", f"{run}-{part}-less", text(bent))
        put("config", run + "-cut", text(config)[:200])
    put("events", "resume", b'{"seq": 1, "run": 0, "type": "resume", "step": 0, "epoch": 0, "stage": 1, "from_seq": 99, '
        b'"wall": {"seconds": 0}}\n')
    put("events", "huge-numbers", b'{"seq": 99999999999999999999, "type": "step"}\n')
    put("events", "empty-line", b"\n\n")
    put("events", "no-line", b"{")
    put("events", "empty", b"")
    put("events", "zeros", bytes(50) + b"\n")
    put("config", "empty", b"")
    put("config", "list", b"[]")
    put("config", "twice", b'{"format": 1, "format": 1}')
    put("config", "deep", b'{"a":' * 2100)


for make in (idx, records, mat, npy, safetensors, of_run):
    make()
