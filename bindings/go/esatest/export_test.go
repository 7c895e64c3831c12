package esatest

import (
	"testing"
	"time"
)

func SetStopTimeout(t *testing.T, timeout time.Duration) {
	previous := stopTimeout
	t.Cleanup(func() { stopTimeout = previous })
	stopTimeout = timeout
}

func ProcessID(emulator *Emulator) int { return emulator.command.Process.Pid }
