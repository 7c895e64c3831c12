//go:build esa_system

package esa

// #cgo pkg-config: libesa
import "C"
