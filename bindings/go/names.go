package esa

// #include "native.h"
import "C"

import (
	"cmp"
	"fmt"
	"strings"
)

// Version returns the version of the native library, such as "0.1.0".
func Version() string { return C.GoString(C.esa_version()) }

// String returns the constant's name without its type, such as "Timeout".
func (status Status) String() string {
	return goName("ESA_ERR_", C.esa_status_name(C.int32_t(status)), status)
}

// String returns the constant's name without its type, such as "Unknown".
func (outcome Outcome) String() string {
	return goName("ESA_OUTCOME_", C.esa_outcome_name(C.int32_t(outcome)), outcome)
}

// String returns the constant's name without its type, such as "Created".
func (origin Origin) String() string {
	return goName("ESA_ORIGIN_", C.esa_origin_name(C.int32_t(origin)), origin)
}

// String returns the service's own name, such as "UserOperationStatusIsLocked".
func (code ServiceCode) String() string {
	return cmp.Or(C.GoString(C.esa_service_code_name(C.int32_t(code))), fmt.Sprintf("ServiceCode(%d)", int32(code)))
}

// goName returns "NotFound" for "ESA_ERR_NOT_FOUND", and "Status(7)" if C has no name for the value.
func goName(prefix string, name *C.char, value any) string {
	inC, known := strings.CutPrefix(C.GoString(name), prefix)
	if !known {
		return strings.TrimPrefix(fmt.Sprintf("%T(%d)", value, value), "esa.")
	}
	words := strings.Split(inC, "_")
	for i, word := range words {
		if word != "DNS" && word != "TLS" && word != "IO" {
			words[i] = word[:1] + strings.ToLower(word[1:])
		}
	}
	return strings.Join(words, "")
}
