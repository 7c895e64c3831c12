//go:build cgo && !esa_system && !musl

package esa

// #cgo CFLAGS: -I${SRCDIR}/lib/linux_amd64
// #cgo LDFLAGS: ${SRCDIR}/lib/linux_amd64/libesa.a -lutil -lrt -lpthread -lm -ldl
import "C"

import _ "github.com/libesa/libesa/bindings/go/lib/linux_amd64"
