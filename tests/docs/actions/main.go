// Runs one of the examples; test_actions.py makes snippets.go of the document.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"

	"github.com/libesa/libesa/bindings/go"
)

func byHTTP(ctx context.Context, client *esa.Client, action, name, effect string) {
	effects := map[string]esa.Effect{"READS": esa.EffectReads, "WRITES": esa.EffectWrites}
	reply, err := callByNetHTTP(ctx, client, newSender(), esa.CallRequest{
		Action: action, Params: map[string]string{"Name": name}, Effect: effects[effect],
	})
	var failure *esa.Error
	switch {
	case errors.As(err, &failure):
		fmt.Println(failure.Outcome)
	case err != nil:
		fmt.Println("no reply")
	default:
		fmt.Println(string(reply.Body))
	}
}

func main() {
	ctx := context.Background()
	client, err := esa.New(esa.Config{})
	if err != nil {
		log.Fatal(err)
	}
	switch os.Args[1] {
	case "create":
		if err := createRoutine(ctx, client); err != nil {
			log.Fatal(err)
		}
	case "site":
		id, nameServers, err := addSite(ctx, client, "example.org", "esa-site-1")
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(id, nameServers)
	case "http":
		byHTTP(ctx, client, os.Args[2], os.Args[3], os.Args[4])
	}
}
