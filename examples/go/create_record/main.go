// Command create_record creates a record on a site of Alibaba Cloud ESA and ties it to an edge routine.
//
// Credentials, region and endpoint come from the environment: ALIBABA_CLOUD_ACCESS_KEY_ID,
// ALIBABA_CLOUD_ACCESS_KEY_SECRET, ALIBABA_CLOUD_SECURITY_TOKEN, ALIBABA_CLOUD_REGION_ID, ESA_ENDPOINT.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	"github.com/libesa/libesa/bindings/go"
)

// Exit statuses: scripts decide by them whether to try again.
const (
	exitCreated = 0
	exitUsage   = 2 // an argument is wrong
	exitRefused = 3 // the service refused; nothing has changed
	exitUnknown = 4 // the record may exist: read back before you try again
	exitNotSent = 5 // nothing was sent
)

const usage = `usage: create_record [-timeout DURATION] ROUTINE SITE_ID RECORD_NAME

Creates the record RECORD_NAME on the site, so that requests for it run the routine.

  -timeout DURATION  how long to wait at most, such as 10s (default 30s)
  -h                 show this help

Credentials, region and endpoint come from the environment: ALIBABA_CLOUD_ACCESS_KEY_ID,
ALIBABA_CLOUD_ACCESS_KEY_SECRET, ALIBABA_CLOUD_SECURITY_TOKEN, ALIBABA_CLOUD_REGION_ID, ESA_ENDPOINT.

Exit status: 0 created; 2 a wrong argument; 3 the service refused, nothing has changed; 4 unknown, the record
may exist: read back before you try again; 5 nothing was sent (network, credentials, configuration).
`

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

func run(arguments []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("create_record", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {}
	timeout := flags.Duration("timeout", 30*time.Second, "")
	if err := flags.Parse(arguments); errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(stdout, usage)
		return 0
	} else if err != nil || flags.NArg() != 3 {
		fmt.Fprint(stderr, usage)
		return exitUsage
	}
	siteID, err := strconv.ParseInt(flags.Arg(1), 10, 64)
	if err != nil {
		fmt.Fprintf(stderr, "create_record: SITE_ID %q is not a number\n", flags.Arg(1))
		return exitUsage
	}

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, *timeout)
	defer cancel()

	record, err := createRecord(ctx, esa.CreateRoutineRelatedRecordRequest{
		SiteID:     siteID,
		Name:       flags.Arg(0),
		RecordName: flags.Arg(2),
	})
	if err != nil {
		return report(err, stderr)
	}
	// A record that was recovered is there as well: only the service's answer was lost.
	fmt.Fprintf(stdout, "created record %d for %s (request %s)\n", record.RecordID, flags.Arg(2), record.RequestID)
	return exitCreated
}

func createRecord(ctx context.Context, request esa.CreateRoutineRelatedRecordRequest) (*esa.Record, error) {
	client, err := esa.New(esa.Config{UserAgent: "create_record/1.0"})
	if err != nil {
		return nil, err
	}
	defer client.Close()
	return client.CreateRoutineRelatedRecord(ctx, request)
}

// report says what happened and what to do about it, and returns the exit status for it.
func report(err error, stderr io.Writer) int {
	var failure *esa.Error
	if !errors.As(err, &failure) {
		fmt.Fprintf(stderr, "error: %v\n", err)
		return exitNotSent
	}
	fmt.Fprintf(stderr, "error: %s: %s\n", cmp.Or(failure.Code, failure.Status.String()), failure.Message)
	if failure.Advice != "" {
		fmt.Fprintf(stderr, "  advice: %s\n", failure.Advice)
	}
	if failure.RequestID != "" {
		fmt.Fprintf(stderr, "  request id: %s\n", failure.RequestID)
	}
	switch failure.Outcome {
	case esa.OutcomeUnknown:
		fmt.Fprintln(stderr, "  outcome: unknown: the record may exist")
		return exitUnknown
	case esa.OutcomeRefused:
		fmt.Fprintln(stderr, "  outcome: the service refused")
		return exitRefused
	}
	fmt.Fprintln(stderr, "  outcome: nothing was sent")
	if failure.Status == esa.StatusInvalidArgument {
		return exitUsage
	}
	return exitNotSent
}
