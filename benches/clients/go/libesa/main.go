// libesa from Go.
package main

import (
	"context"
	"time"

	"github.com/libesa/libesa/benches/clients/go/driver"
	esa "github.com/libesa/libesa/bindings/go"
)

func main() {
	url, caFile, threads := driver.Arguments()
	client, err := esa.New(esa.Config{
		Endpoint:            url,
		CAFile:              caFile,
		Credentials:         esa.Credentials{AccessKeyID: "testid", AccessKeySecret: "testsecret"},
		MaxConcurrentWrites: esa.Unlimited, // this server locks no account
	})
	driver.Check(err)
	driver.Run(threads, func() (int64, error) {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		record, err := client.CreateRoutineRelatedRecord(ctx, esa.CreateRoutineRelatedRecordRequest{
			SiteID:     driver.SiteID,
			Name:       driver.Name,
			RecordName: driver.RecordName,
		})
		if err != nil {
			return 0, err
		}
		return record.RecordID, nil
	})
}
