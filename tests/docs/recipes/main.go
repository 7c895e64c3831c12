// Runs one of the recipes; test_recipes.py makes recipes.go of the document.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"os"

	"github.com/libesa/libesa/bindings/go"
)

const (
	routine = "test-routine1"
	siteID  = 54362329990032
)

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}

func bind(client *esa.Client, name string) {
	if err := bindDomain(context.Background(), client, routine, name); err != nil {
		log.Fatal(err)
	}
}

func main() {
	ctx := context.Background()
	switch os.Args[1] {
	case "bind":
		client := must(esa.New(esa.Config{}))
		bind(client, "a.example.com")
		bind(client, "a.example.com")
	case "bulk":
		names := []string{"a.example.com", "b.example.net", "c.example.com"}
		fmt.Println(bindDomains(ctx, must(esa.New(esa.Config{})), routine, names), "failed")
	case "clean":
		must(cleanUp(ctx, must(esa.New(esa.Config{})), routine))
	case "rotate":
		client := must(clientOfFile(os.Getenv("KEY_FILE")))
		bind(client, "a.example.com")
		fmt.Println(client.CredentialsSource())
	case "proxy":
		_, err := must(clientBehind(os.Getenv("PROXY"))).GetMatchSite(ctx, esa.GetMatchSiteRequest{RecordName: "a.example.com"})
		var failure *esa.Error
		if errors.As(err, &failure) {
			fmt.Println(failure.Status)
		}
	case "accounts":
		for _, account := range []string{"1", "2"} {
			client := must(clientOf(esa.Credentials{AccessKeyID: "id" + account, AccessKeySecret: "secret"}, "cn-hangzhou"))
			bind(client, "a.account"+account+".example")
		}
	case "log":
		client := must(clientWithLog(slog.New(slog.NewTextHandler(os.Stderr, nil))))
		bind(client, "a.example.com")
		printStats(client)
	case "surely":
		record := must(createSurely(ctx, must(esa.New(esa.Config{})), esa.CreateRoutineRelatedRecordRequest{
			SiteID: siteID, Name: routine, RecordName: "a.example.com",
		}))
		fmt.Println(record.Origin)
	}
}
