# SPDX-License-Identifier: Apache-2.0
"""The public headers from Python, by ctypes alone: a scaler written here drives the process pool."""
import ctypes as c
import os
import select
import sys
import time

lib = c.CDLL(sys.argv[1])
P, CB = c.c_void_p, c.CFUNCTYPE


class Error(c.Structure):
    _fields_ = [("code", c.c_int32), ("http_status", c.c_int32), ("line", c.c_int32), ("column", c.c_int32),
                ("retry_after_ms", c.c_int64), ("reserved", c.c_int64 * 2), ("text", c.c_char * 512)]


SPECS = CB(c.c_int, P, P, c.POINTER(Error), P)
POLL = CB(None, P, P, P, P)


class Scaler(c.Structure):
    _fields_ = [("struct_size", c.c_size_t), ("type", c.c_char_p), ("summary", c.c_char_p),
                ("metrics_name", c.c_char_p), ("fields", P), ("nfields", c.c_size_t), ("field_size", c.c_size_t),
                ("meta_size", c.c_size_t), ("state_size", c.c_size_t), ("flags", c.c_uint32), ("specs", SPECS),
                ("poll", POLL), ("check", P), ("open", P), ("cancel", P), ("close", P)]


class Workload(c.Structure):
    _fields_ = [("struct_size", c.c_size_t), ("id", c.c_char_p), ("target", c.c_char_p), ("spec", c.c_int32),
                ("status", c.c_int32), ("ready", c.c_int32)]  # the first members: struct_size says so


for name, result, *arguments in [
        ("keda_engine_new", c.c_int, c.POINTER(P), P, c.POINTER(Error)), ("keda_engine_free", None, P),
        ("keda_engine_register_scaler", c.c_int, P, c.POINTER(Scaler), P, c.POINTER(Error)),
        ("keda_engine_put", c.c_int, P, c.c_char_p, c.c_char_p, P, c.POINTER(Error)),
        ("keda_engine_step", c.c_int, P, c.POINTER(Error)), ("keda_engine_fd", c.c_int, P),
        ("keda_engine_next_due_ms", c.c_int64, P), ("keda_poll_value", None, P, c.c_size_t, c.c_double),
        ("keda_poll_done", None, P),
        ("keda_spec_add_name", c.c_int, P, c.c_char_p, c.c_double, c.c_double, c.POINTER(Error)),
        ("keda_engine_workload", c.c_int, P, c.c_size_t, c.POINTER(Workload), c.POINTER(Error))]:
    getattr(lib, name).restype, getattr(lib, name).argtypes = result, arguments

load = 30.0
err, engine = Error(), P()


def ok(status):
    assert status == 0, err.text.decode()


@POLL
def poll(state, meta, token, user):
    lib.keda_poll_value(token, 0, load)
    lib.keda_poll_done(token)


specs = SPECS(lambda meta, out, e, user: lib.keda_spec_add_name(out, b"python", 10.0, 0.0, e))
scaler = Scaler(c.sizeof(Scaler), b"python", b"A number from Python.", field_size=0, specs=specs, poll=poll)
ok(lib.keda_engine_new(c.byref(engine), None, c.byref(err)))
ok(lib.keda_engine_register_scaler(engine, c.byref(scaler), None, c.byref(err)))
with open(os.path.join(os.path.dirname(__file__), "..", "pool.yaml"), "rb") as text:
    ok(lib.keda_engine_put(engine, b"here", text.read().replace(b"TYPE", b"python"), None, c.byref(err)))
status, seen, deadline = Workload(c.sizeof(Workload)), [], time.monotonic() + 30
while 3 not in seen or seen[-1] != 0:  # the counts between are a matter of when one looks
    assert time.monotonic() < deadline, f"replicas went {seen}"
    select.select([lib.keda_engine_fd(engine)], [], [], max(0, lib.keda_engine_next_due_ms(engine)) / 1000)
    ok(lib.keda_engine_step(engine, c.byref(err)))
    ok(lib.keda_engine_workload(engine, 0, c.byref(status), c.byref(err)))
    if status.status >= 0 and seen[-1:] != [status.status]:
        seen.append(status.status)
    if status.status == 3:
        load = 0.0
lib.keda_engine_free(engine)
print("python: replicas went", *seen)
