//go:build !cgo

package esa

// A build without cgo fails with this name in the compiler's message.
var _ = esa_needs_cgo_set_CGO_ENABLED_1_and_install_a_C_compiler
