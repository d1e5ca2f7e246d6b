#!/usr/bin/python3
"""
Uses a GPU through the driver's library, as far as it goes without a proof: opens its devices, takes memory, has the GPU
fill it, and reads it back. Run by checks-gpu.sh in the prover's sandbox. Prints the GPU's name; ends with 1 and a reason.

The names and types are those of NVIDIA's "CUDA Driver API".
"""

import ctypes
import sys

SIZE = 256 * 1024 * 1024
PATTERN = 0xA5


def main() -> str:
    """:raises RuntimeError, OSError: where the GPU cannot be used"""
    cuda = ctypes.CDLL("libcuda.so.1")

    def call(name: str, *arguments: object) -> None:
        code = getattr(cuda, name)(*arguments)
        if code != 0:
            text = ctypes.c_char_p()
            cuda.cuGetErrorName(code, ctypes.byref(text))
            raise RuntimeError(f"{name} ends with {code} ({(text.value or b'unknown').decode()})")

    device, context, pointer = ctypes.c_int(), ctypes.c_void_p(), ctypes.c_uint64()
    name, last = ctypes.create_string_buffer(100), ctypes.c_ubyte()
    call("cuInit", 0)
    call("cuDeviceGet", ctypes.byref(device), 0)
    call("cuDeviceGetName", name, len(name), device)
    call("cuDevicePrimaryCtxRetain", ctypes.byref(context), device)
    call("cuCtxSetCurrent", context)
    call("cuMemAlloc_v2", ctypes.byref(pointer), ctypes.c_size_t(SIZE))
    call("cuMemsetD8_v2", pointer, ctypes.c_ubyte(PATTERN), ctypes.c_size_t(SIZE))
    call("cuCtxSynchronize")
    call("cuMemcpyDtoH_v2", ctypes.byref(last), ctypes.c_uint64(pointer.value + SIZE - 1), ctypes.c_size_t(1))
    if last.value != PATTERN:
        raise RuntimeError(f"the GPU's memory holds {last.value:#x} where {PATTERN:#x} was written")
    return name.value.decode()


try:
    print(main())
except (RuntimeError, OSError, AttributeError) as error:
    print(f"the GPU cannot be used: {error}")
    sys.exit(1)
