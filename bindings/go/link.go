//go:build !esa_system

package esa

// #cgo linux,amd64,!musl CFLAGS: -I${SRCDIR}/lib/linux_amd64
// #cgo linux,arm64,!musl CFLAGS: -I${SRCDIR}/lib/linux_arm64
// #cgo linux,amd64,musl CFLAGS: -I${SRCDIR}/lib/linux_amd64_musl
// #cgo linux,arm64,musl CFLAGS: -I${SRCDIR}/lib/linux_arm64_musl
// #cgo darwin,amd64 CFLAGS: -I${SRCDIR}/lib/darwin_amd64
// #cgo darwin,arm64 CFLAGS: -I${SRCDIR}/lib/darwin_arm64
//
// #cgo linux,amd64,!musl LDFLAGS: ${SRCDIR}/lib/linux_amd64/libesa.a
// #cgo linux,arm64,!musl LDFLAGS: ${SRCDIR}/lib/linux_arm64/libesa.a
// #cgo linux,amd64,musl LDFLAGS: ${SRCDIR}/lib/linux_amd64_musl/libesa.a
// #cgo linux,arm64,musl LDFLAGS: ${SRCDIR}/lib/linux_arm64_musl/libesa.a
// #cgo darwin,amd64 LDFLAGS: ${SRCDIR}/lib/darwin_amd64/libesa.a
// #cgo darwin,arm64 LDFLAGS: ${SRCDIR}/lib/darwin_arm64/libesa.a
// #cgo linux LDFLAGS: -lutil -lrt -lpthread -lm -ldl
import "C"

// `go mod vendor` takes the archives along because their packages are imported.
import (
	_ "github.com/libesa/libesa/bindings/go/lib/darwin_amd64"
	_ "github.com/libesa/libesa/bindings/go/lib/darwin_arm64"
	_ "github.com/libesa/libesa/bindings/go/lib/linux_amd64"
	_ "github.com/libesa/libesa/bindings/go/lib/linux_amd64_musl"
	_ "github.com/libesa/libesa/bindings/go/lib/linux_arm64"
	_ "github.com/libesa/libesa/bindings/go/lib/linux_arm64_musl"
)
