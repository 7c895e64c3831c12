// Package driver is what the Go clients of the benchmarks have in common: calls on request, each with its time.
//
// benches/run tells what a client reads and prints.
package driver

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"sync"
	"time"
)

// The record that every client creates.
const (
	Name       = "test-routine1"
	SiteID     = int64(54362329990032)
	RecordName = "test-record-1.example.com"
	RecordID   = int64(3227405728754048)
)

// Arguments are the server's URL, the file with its CA, and how many goroutines to call from.
func Arguments() (url, caFile string, threads int) {
	if len(os.Args) != 4 {
		Check(fmt.Errorf("usage: %s URL CA_FILE THREADS", os.Args[0]))
	}
	threads, err := strconv.Atoi(os.Args[3])
	Check(err)
	return os.Args[1], os.Args[2], threads
}

// Check ends the program where err isn't nil.
func Check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

type report struct {
	Wall      int64   `json:"wall"`
	CPU       int64   `json:"cpu"`
	Latencies []int64 `json:"latencies"`
	Allocated uint64  `json:"allocations"`
}

// Run makes calls with call, which returns the record's id.
func Run(threads int, call func() (int64, error)) {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		count, err := strconv.Atoi(lines.Text())
		Check(err)
		Check(json.NewEncoder(os.Stdout).Encode(measure(threads, count/threads, call)))
	}
}

func measure(threads, each int, call func() (int64, error)) report {
	latencies := make([]int64, threads*each)
	started, cpu, allocated := time.Now(), cpuTime(), allocations()
	var group sync.WaitGroup
	for i := range threads {
		group.Add(1)
		go func() {
			defer group.Done()
			for j := range each {
				started := time.Now()
				recordID, err := call()
				latencies[i*each+j] = time.Since(started).Nanoseconds()
				Check(err)
				if recordID != RecordID {
					Check(fmt.Errorf("the record's id is %d", recordID))
				}
			}
		}()
	}
	group.Wait()
	return report{time.Since(started).Nanoseconds(), cpuTime() - cpu, latencies, allocations() - allocated}
}
