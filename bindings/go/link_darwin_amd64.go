//go:build cgo && !esa_system

package esa

// #cgo CFLAGS: -I${SRCDIR}/lib/darwin_amd64
// #cgo LDFLAGS: ${SRCDIR}/lib/darwin_amd64/libesa.a
import "C"

import _ "github.com/libesa/libesa/bindings/go/lib/darwin_amd64"
