// SPDX-License-Identifier: Apache-2.0

// The public headers from Go, by cgo alone: a scaler written here drives the process pool.
package main

/*
#cgo pkg-config: libkeda
#include <stdlib.h>
#include <keda/keda.h>

keda_status goSpecs(void *meta, keda_spec_list *out, keda_error *err, void *user);
void goPoll(void *state, void *meta, keda_poll *poll, void *user);
static keda_scaler_desc scaler = {
	.struct_size = sizeof(keda_scaler_desc), .type = "go", .summary = "A number from Go.",
	.specs = (keda_status (*)(const void *, keda_spec_list *, keda_error *, void *))goSpecs,
	.poll = (void (*)(void *, const void *, keda_poll *, void *))goPoll,
};
static const keda_scaler_desc *theScaler(void) { return &scaler; }
*/
import "C"

import (
	"fmt"
	"os"
	"strings"
	"time"
	"unsafe"
)

var load C.double = 30

//export goSpecs
func goSpecs(meta unsafe.Pointer, out *C.keda_spec_list, err *C.keda_error, user unsafe.Pointer) C.keda_status {
	name := C.CString("go")
	defer C.free(unsafe.Pointer(name))
	return C.keda_spec_add_name(out, name, 10, 0, err)
}

//export goPoll
func goPoll(state, meta unsafe.Pointer, poll *C.keda_poll, user unsafe.Pointer) {
	C.keda_poll_value(poll, 0, load)
	C.keda_poll_done(poll)
}

func main() {
	var err C.keda_error
	var engine *C.keda_engine
	ok := func(status C.keda_status) {
		if status != C.KEDA_OK {
			panic(C.GoString(&err.text[0]))
		}
	}
	text, failure := os.ReadFile(os.Args[1])
	if failure != nil {
		panic(failure)
	}
	id, documents := C.CString("here"), C.CString(strings.ReplaceAll(string(text), "TYPE", "go"))
	ok(C.keda_engine_new(&engine, nil, &err))
	ok(C.keda_engine_register_scaler(engine, C.theScaler(), nil, &err))
	ok(C.keda_engine_put(engine, id, documents, nil, &err))
	status := C.keda_workload_status{struct_size: C.sizeof_keda_workload_status}
	var seen []C.int32_t
	deadline := time.Now().Add(30 * time.Second)
	for load != 0 || seen[len(seen)-1] != 0 { // the counts between are a matter of when one looks
		if time.Now().After(deadline) {
			panic(fmt.Sprint("replicas went ", seen))
		}
		if due := C.keda_engine_next_due_ms(engine); due != 0 { // a worker's exit is seen at the next step
			time.Sleep(min(time.Duration(due), 10) * time.Millisecond)
		}
		ok(C.keda_engine_step(engine, &err))
		ok(C.keda_engine_workload(engine, 0, &status, &err))
		now := status.status_replicas
		if now >= 0 && (len(seen) == 0 || seen[len(seen)-1] != now) {
			seen = append(seen, now)
		}
		if now == 3 {
			load = 0
		}
	}
	C.keda_engine_free(engine)
	fmt.Println("go: replicas went", seen)
}
