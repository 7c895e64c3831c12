// Command call_action creates an edge routine on Alibaba Cloud ESA, uploads its code and publishes it, by actions that
// the library has no methods of its own for.
//
// Credentials, region and endpoint come from the environment: ALIBABA_CLOUD_ACCESS_KEY_ID,
// ALIBABA_CLOUD_ACCESS_KEY_SECRET, ALIBABA_CLOUD_SECURITY_TOKEN, ALIBABA_CLOUD_REGION_ID, ESA_ENDPOINT.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"os/signal"
	"syscall"

	"github.com/libesa/libesa/bindings/go"
)

// Exit statuses: scripts decide by them whether to try again.
const (
	exitPublished = 0
	exitUsage     = 2 // an argument is wrong
	exitFailed    = 3 // what failed has changed nothing
	exitUnknown   = 4 // it may have been carried out: read back before you try again
)

const usage = `usage: call_action ROUTINE FILE

Creates the routine ROUTINE, uploads the JavaScript in FILE as its code, and publishes that.

  --help  show this

Credentials, region and endpoint come from the environment: ALIBABA_CLOUD_ACCESS_KEY_ID,
ALIBABA_CLOUD_ACCESS_KEY_SECRET, ALIBABA_CLOUD_SECURITY_TOKEN, ALIBABA_CLOUD_REGION_ID, ESA_ENDPOINT.

Exit status: 0 published; 2 a wrong argument; 3 a step failed and has changed nothing; 4 unknown, the step
may have been carried out: read back before you try again.
`

func main() {
	os.Exit(run(os.Args[1:]))
}

func run(arguments []string) int {
	if len(arguments) == 1 && (arguments[0] == "--help" || arguments[0] == "-h") {
		fmt.Print(usage)
		return 0
	}
	if len(arguments) != 2 {
		fmt.Fprint(os.Stderr, usage)
		return exitUsage
	}
	code, err := os.ReadFile(arguments[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, "call_action:", err)
		return exitUsage
	}
	client, err := esa.New(esa.Config{UserAgent: "call_action/1.0"})
	if err != nil {
		return report(err)
	}
	defer client.Close()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := publish(ctx, client, arguments[0], code); err != nil {
		return report(err)
	}
	return exitPublished
}

// publish makes a routine that runs this code.
func publish(ctx context.Context, client *esa.Client, routine string, code []byte) error {
	if err := call(ctx, client, "CreateRoutine", map[string]any{"Name": routine}, &struct{}{}); err != nil {
		return err
	}
	fmt.Println("created routine", routine)

	var upload struct{ OssPostConfig map[string]string }
	err := call(ctx, client, "GetRoutineStagingCodeUploadInfo", map[string]any{"Name": routine}, &upload)
	if err != nil {
		return err
	}
	if err := uploadCode(ctx, upload.OssPostConfig, code); err != nil {
		return err
	}
	fmt.Printf("uploaded %d bytes of code\n", len(code))

	var committed struct{ CodeVersion string }
	if err := call(ctx, client, "CommitRoutineStagingCode", map[string]any{"Name": routine}, &committed); err != nil {
		return err
	}
	err = call(ctx, client, "PublishRoutineCodeVersion", map[string]any{
		"Name": routine, "Env": "production", "CodeVersion": committed.CodeVersion,
	}, &struct{}{})
	if err != nil {
		return err
	}
	fmt.Println("published version", committed.CodeVersion)
	return nil
}

// call calls an action, and stores what it answers in target.
func call(ctx context.Context, client *esa.Client, action string, params map[string]any, target any) error {
	reply, err := client.Call(ctx, esa.CallRequest{Action: action, Params: params})
	if err != nil {
		return fmt.Errorf("%s: %w", action, err)
	}
	return reply.Decode(target)
}

// uploadCode sends the code to Alibaba Cloud's object storage, by the form that the service has signed for it.
func uploadCode(ctx context.Context, form map[string]string, code []byte) error {
	var body bytes.Buffer
	writer := multipart.NewWriter(&body)
	for name, value := range form {
		switch name {
		case "Url":
			continue
		case "XOssSecurityToken":
			name = "x-oss-security-token"
		}
		if err := writer.WriteField(name, value); err != nil {
			return err
		}
	}
	// The storage ignores what comes after the file.
	file, err := writer.CreateFormFile("file", "index.js")
	if err != nil {
		return err
	}
	if _, err := file.Write(code); err != nil {
		return err
	}
	if err := writer.Close(); err != nil {
		return err
	}

	request, err := http.NewRequestWithContext(ctx, http.MethodPost, form["Url"], &body)
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", writer.FormDataContentType())
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		said, _ := io.ReadAll(io.LimitReader(response.Body, 1024))
		return fmt.Errorf("the upload: %s: %s", response.Status, said)
	}
	return nil
}

// report says what happened and what to do about it, and returns the exit status for it.
func report(err error) int {
	fmt.Fprintf(os.Stderr, "error: %v\n", err)
	var failure *esa.Error
	if !errors.As(err, &failure) {
		return exitFailed
	}
	fmt.Fprintf(os.Stderr, "  advice: %s\n", failure.Advice)
	if failure.Outcome == esa.OutcomeUnknown {
		fmt.Fprintln(os.Stderr, "  outcome: unknown: it may have been carried out")
		return exitUnknown
	}
	if failure.Status == esa.StatusInvalidArgument {
		return exitUsage
	}
	return exitFailed
}
