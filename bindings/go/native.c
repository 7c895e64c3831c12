//go:build cgo

#include "native.h"

__thread uintptr_t esa_go_call;
