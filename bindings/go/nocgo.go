//go:build !cgo

package esa

// The compiler's message is what a build without cgo shows.
var _ = esa_needs_cgo_set_CGO_ENABLED_1_and_install_a_C_compiler
