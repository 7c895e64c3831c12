// Package lib has the native library for darwin/arm64 beside it: esa.h and libesa.a. Nothing is in the package itself;
// that it is imported is why `go mod vendor` takes the two files along.
package lib
