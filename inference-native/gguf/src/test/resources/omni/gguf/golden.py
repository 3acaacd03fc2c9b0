"""Tells what PyPI gguf reads in a file, or writes one with it:  golden.py read|write FILE

A line a fact, sorted: a key with its type and value (reals as the bits of a double), a tensor with its type, shape, place
and size.
"""
import struct
import sys

import numpy
from gguf import GGMLQuantizationType, GGUFReader, GGUFValueType, GGUFWriter

NAMES = {"UINT": "U", "INT": "I", "FLOAT": "F"}


def short(kind):
    name = kind.name
    for long, brief in NAMES.items():
        if name.startswith(long):
            return brief + name[len(long):]
    return name


def value(kind, content):
    if kind in (GGUFValueType.FLOAT32, GGUFValueType.FLOAT64):
        return struct.pack(">d", content).hex()
    if kind == GGUFValueType.BOOL:
        return str(bool(content)).lower()
    return str(content)


def read(path):
    reader = GGUFReader(path)
    for field in reader.fields.values():
        if field.name.startswith("GGUF."):
            continue
        kind = field.types[0]
        if kind != GGUFValueType.ARRAY:
            yield f"{field.name} {short(kind)} {value(kind, field.contents())}"
        elif len(field.types) > 1:
            element = field.types[1]
            reals = element in (GGUFValueType.FLOAT32, GGUFValueType.FLOAT64)
            contents = list(field.contents())
            if not contents:
                continue
            text = len(contents) if reals else ",".join(value(element, c) for c in contents)
            yield f"{field.name} [{short(element)}] {text}"
    for tensor in reader.tensors:
        shape = ",".join(str(int(n)) for n in tensor.shape)
        yield f"{tensor.name} {tensor.tensor_type.name} {shape} {int(tensor.data_offset)} {int(tensor.n_bytes)}"


def write(path):
    out = GGUFWriter(path, "llama")
    out.add_uint8("u8", 255)
    out.add_int8("i8", -128)
    out.add_uint16("u16", 65535)
    out.add_int16("i16", -32768)
    out.add_uint32("u32", 0xFFFFFFFF)
    out.add_int32("i32", -(1 << 31))
    out.add_uint64("u64", 1 << 62)
    out.add_int64("i64", -(1 << 62))
    out.add_float32("f32", 0.1)
    out.add_float64("f64", 0.1)
    out.add_bool("yes", True)
    out.add_string("text", "Grüße \u2581 \U0001F600")
    out.add_array("texts", ["a", "bb", "ccc"])
    out.add_array("numbers", [1, -2, 3])
    out.add_array("reals", [0.5, -1.5])
    out.add_tensor("one", numpy.arange(3, dtype=numpy.float32))
    out.add_tensor("three", numpy.arange(24, dtype=numpy.float16).reshape(4, 3, 2))
    quantized = numpy.zeros((2, 144), dtype=numpy.uint8)
    out.add_tensor("two", quantized, raw_dtype=GGMLQuantizationType.Q4_K)
    out.write_header_to_file()
    out.write_kv_data_to_file()
    out.write_tensors_to_file()
    out.close()


if sys.argv[1] == "write":
    write(sys.argv[2])
else:
    print("\n".join(sorted(read(sys.argv[2]))))
