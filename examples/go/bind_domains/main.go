// Command bind_domains ties many domain names to an edge routine of Alibaba Cloud ESA. Run again with the same names, it
// does what is left to do.
//
// Credentials, region and endpoint come from the environment. Ctrl-C ends it in good order; a second one kills.
package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/libesa/libesa/bindings/go"
)

const (
	exitAllFine     = 0
	exitUsage       = 2
	exitSomeFailed  = 3
	exitInterrupted = 130 // as shells have it
)

const (
	barWidth  = 40  // on a terminal
	lineEvery = 100 // so many records elsewhere
)

const usage = "usage: bind_domains --routine NAME [--site-id ID] FILE\n"

const help = `
Ties each domain name in FILE to a routine, so that requests for it run the routine. Those that
are tied to it already stay as they are.

  FILE            a name in each line; what follows a # is a comment; - for standard input
  --routine NAME  the routine
  --site-id ID    the site; without it, each name's own site is found
  --help          show this

Environment: ALIBABA_CLOUD_ACCESS_KEY_ID, ALIBABA_CLOUD_ACCESS_KEY_SECRET,
ALIBABA_CLOUD_SECURITY_TOKEN, ALIBABA_CLOUD_REGION_ID, ESA_ENDPOINT.

Exit status: 0 all names are tied; 2 a wrong argument; 3 some failed; 130 interrupted. Run it
again for those that are left.
`

func main() {
	os.Exit(run(os.Args[1:]))
}

func run(arguments []string) int {
	flags := flag.NewFlagSet("bind_domains", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	routine := flags.String("routine", "", "")
	siteID := flags.Int64("site-id", 0, "")
	if err := flags.Parse(arguments); errors.Is(err, flag.ErrHelp) {
		fmt.Print(usage, help)
		return exitAllFine
	} else if err != nil || flags.NArg() != 1 || *routine == "" || *siteID < 0 {
		fmt.Fprint(os.Stderr, usage)
		return exitUsage
	}
	names, err := readNames(flags.Arg(0))
	if err != nil {
		fmt.Fprintln(os.Stderr, "bind_domains:", err)
		return exitUsage
	}
	client, err := esa.New(esa.Config{UserAgent: "bind_domains/1.0"})
	if err != nil {
		report("error", err)
		return exitSomeFailed
	}
	defer client.Close()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	return bindDomains(ctx, client, *routine, *siteID, names)
}

// readNames gives the names in a file, without comments and the blanks around.
func readNames(path string) (names []string, err error) {
	file := os.Stdin
	if path != "-" {
		file, err = os.Open(path)
		if err != nil {
			return nil, err
		}
		defer file.Close()
	}
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		name, _, _ := strings.Cut(lines.Text(), "#")
		if name = strings.TrimSpace(name); name != "" {
			names = append(names, name)
		}
	}
	return names, lines.Err()
}

func bindDomains(ctx context.Context, client *esa.Client, routine string, siteID int64, names []string) int {
	var requests []esa.CreateRoutineRelatedRecordRequest
	for _, name := range names {
		requests = append(requests, esa.CreateRoutineRelatedRecordRequest{SiteID: siteID, Name: routine, RecordName: name})
	}
	var failures []failure
	created, existing := 0, 0
	interrupted := false
	for record, err := range client.EnsureRoutineRelatedRecords(ctx, requests) {
		done := created + existing + len(failures)
		switch {
		case errors.Is(err, context.Canceled):
			interrupted = true
		case err != nil:
			failures = append(failures, failure{names[done], err})
		case record.Origin == esa.OriginExisting:
			existing++
		default:
			created++
		}
		if interrupted {
			break
		}
		showProgress(done+1, len(names), len(failures))
	}
	if interrupted && onTerminal() {
		fmt.Fprintln(os.Stderr)
	}
	for _, failure := range failures {
		report(failure.name, failure.err)
	}
	if interrupted {
		fmt.Fprintf(os.Stderr, "interrupted: %d of %d are tied; run it again for the rest\n", created+existing, len(names))
		return exitInterrupted
	}
	fmt.Printf("%d names: %d created, %d there already, %d failed\n", len(names), created, existing, len(failures))
	if len(failures) > 0 {
		return exitSomeFailed
	}
	return exitAllFine
}

type failure struct {
	name string
	err  error
}

// report says what went wrong with it.
func report(what string, err error) {
	var failure *esa.Error
	if !errors.As(err, &failure) {
		fmt.Fprintf(os.Stderr, "%s: %v\n", what, err)
		return
	}
	code := cmp.Or(failure.Code, failure.Status.String())
	fmt.Fprintf(os.Stderr, "%s: %s: %s\n  advice: %s\n", what, code, failure.Message, failure.Advice)
}

func showProgress(done, count, failed int) {
	if onTerminal() {
		filled := done * barWidth / count
		bar := strings.Repeat("#", filled) + strings.Repeat(".", barWidth-filled)
		fmt.Fprintf(os.Stderr, "\r[%s] %d/%d, %d failed", bar, done, count, failed)
		if done == count {
			fmt.Fprintln(os.Stderr)
		}
	} else if done%lineEvery == 0 {
		fmt.Fprintf(os.Stderr, "%d of %d, %d failed\n", done, count, failed)
	}
}

func onTerminal() bool {
	about, err := os.Stderr.Stat()
	return err == nil && about.Mode()&os.ModeCharDevice != 0
}
