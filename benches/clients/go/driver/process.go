package driver

import (
	"runtime"
	"syscall"
)

// cpuTime is what this process has computed so far, in nanoseconds.
func cpuTime() int64 {
	var usage syscall.Rusage
	Check(syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return usage.Utime.Nano() + usage.Stime.Nano()
}

// allocations is how many objects Go has allocated so far.
func allocations() uint64 {
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.Mallocs
}
