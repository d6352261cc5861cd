#!/usr/bin/env python3
"""Turn Resemblyzer's `pretrained.pt` (PyTorch's format from before 1.6: pickles, then raw storages) into safetensors.

usage: convert-speaker.py pretrained.pt OUT.safetensors
Plain Python: needs neither torch nor numpy. Only the encoder's tensors are kept (lstm.*, linear.*), as 32-bit floats.
"""
import json
import os
import pickle
import struct
import sys

MAGIC = 0x1950A86A20F9469CFC6C


class Reader(pickle.Unpickler):
    """Reads tensors as descriptions and refuses to import or call anything else."""

    def find_class(self, module, name):
        if (module, name) == ("collections", "OrderedDict"):
            from collections import OrderedDict

            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return lambda storage, offset, shape, stride, *rest: (storage, offset, shape, stride)
        if (module, name) == ("torch", "FloatStorage"):
            return name
        raise pickle.UnpicklingError(f"unexpected {module}.{name}")

    def persistent_load(self, reference):
        _, kind, key, _, _, _ = reference
        if kind != "FloatStorage":
            raise pickle.UnpicklingError(f"unexpected storage {kind}")
        return key


def read(path):
    with open(path, "rb") as file:
        if pickle.load(file) != MAGIC:
            raise ValueError(f"{path} is not in PyTorch's old format")
        pickle.load(file)  # protocol version
        pickle.load(file)  # byte order and sizes
        tensors = Reader(file).load()["model_state"]
        storages = {}
        for key in pickle.load(file):
            (count,) = struct.unpack("<q", file.read(8))
            storages[key] = file.read(4 * count)
            if len(storages[key]) != 4 * count:
                raise ValueError(f"{path} ends too early")
    wanted = {}
    for name, (key, offset, shape, stride) in tensors.items():
        if not name.startswith(("lstm.", "linear.")):
            continue
        dense, step = [], 1
        for length in reversed(shape):
            dense.insert(0, step)
            step *= length
        if tuple(stride) != tuple(dense):
            raise ValueError(f"{name} is not contiguous")
        wanted[name] = (list(shape), storages[key][4 * offset : 4 * (offset + step)])
    return wanted


def write(tensors, path):
    header, at = {}, 0
    for name, (shape, data) in sorted(tensors.items()):
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [at, at + len(data)]}
        at += len(data)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    part = path + ".part"
    with open(part, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for _, (_, data) in sorted(tensors.items()):
            file.write(data)
    os.replace(part, path)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    write(read(sys.argv[1]), sys.argv[2])
