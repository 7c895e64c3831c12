package esatest_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/libesa/libesa/bindings/go"
	"github.com/libesa/libesa/bindings/go/esatest"
)

func ExampleLaunch() {
	seed, err := os.CreateTemp("", "seed")
	if err != nil {
		log.Fatal(err)
	}
	defer os.Remove(seed.Name())
	fmt.Fprint(seed, `{"accounts": [{
		"users": [{"name": "u", "keys": [{"access_key_id": "my-id", "access_key_secret": "my-secret"}]}],
		"sites": [{"site_id": 7, "site_name": "shop.example"}]
	}]}`)

	emulator, err := esatest.Launch(esatest.TLS(), esatest.Seed(seed.Name()))
	if err != nil {
		log.Fatal(err)
	}
	defer emulator.Stop()
	client, err := esa.New(emulator.Config())
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	site, err := client.GetMatchSite(context.Background(), esa.GetMatchSiteRequest{RecordName: "www.shop.example"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(site.SiteID)
	// Output: 7
}
