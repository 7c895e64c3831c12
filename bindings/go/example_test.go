package esa_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/libesa/libesa/bindings/go"
	"github.com/libesa/libesa/bindings/go/esatest"
)

// TestMain puts an emulator into the environment, where the examples find the service.
func TestMain(m *testing.M) {
	emulator, err := esatest.Launch()
	if err != nil {
		log.Fatal(err)
	}
	os.Setenv("ESA_ENDPOINT", emulator.URL)
	os.Setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", emulator.AccessKeyID)
	os.Setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", emulator.AccessKeySecret)
	os.Setenv("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true")
	os.Unsetenv("ALIBABA_CLOUD_SECURITY_TOKEN")
	os.Unsetenv("ALIBABA_CLOUD_REGION_ID")
	status := m.Run()
	if err := emulator.Stop(); err != nil {
		log.Fatal(err)
	}
	os.Exit(status)
}

func ExampleClient_CreateRoutineRelatedRecord() {
	client, err := esa.New(esa.Config{}) // credentials, region and endpoint come from the environment
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()

	record, err := client.CreateRoutineRelatedRecord(ctx, esa.CreateRoutineRelatedRecordRequest{
		SiteID:     54362329990032,
		Name:       "test-routine1",
		RecordName: "hello.example.com",
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(record.Status, record.RecordID > 0)
	// Output: OK true
}

func ExampleClient_EnsureRoutineRelatedRecord() {
	client, err := esa.New(esa.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()

	for range 2 {
		record, err := client.EnsureRoutineRelatedRecord(context.Background(), esa.CreateRoutineRelatedRecordRequest{
			Name:       "test-routine1", // without a SiteID, the site is found by the record's name
			RecordName: "ensured.example.com",
		})
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(record.SiteID, record.Origin)
	}
	// Output:
	// 54362329990032 Created
	// 54362329990032 Existing
}

func ExampleClient_EnsureRoutineRelatedRecords() {
	client, err := esa.New(esa.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	var requests []esa.CreateRoutineRelatedRecordRequest
	for _, recordName := range []string{"blog.example.com", "shop.example.org", "wiki.example.com"} {
		requests = append(requests, esa.CreateRoutineRelatedRecordRequest{
			SiteID: 54362329990032, Name: "test-routine1", RecordName: recordName,
		})
	}

	done := 0
	for record, err := range client.EnsureRoutineRelatedRecords(context.Background(), requests) {
		recordName := requests[done].RecordName
		done++
		if err != nil {
			fmt.Println(recordName, "failed:", errors.Is(err, esa.ErrSiteParameterNotMatch))
			continue
		}
		fmt.Println(recordName, record.Origin)
	}
	// Output:
	// blog.example.com Created
	// shop.example.org failed: true
	// wiki.example.com Created
}

func ExampleClient_RelatedRecords() {
	client, err := esa.New(esa.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	for _, recordName := range []string{"one.example.com", "two.example.com"} {
		_, err := client.EnsureRoutineRelatedRecord(context.Background(), esa.CreateRoutineRelatedRecordRequest{
			Name:       "test-routine2",
			RecordName: recordName,
		})
		if err != nil {
			log.Fatal(err)
		}
	}

	all := esa.ListRoutineRelatedRecordsRequest{Name: "test-routine2"}
	for record, err := range client.RelatedRecords(context.Background(), all) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(record.RecordName, record.SiteName)
	}
	// Unordered output:
	// one.example.com example.com
	// two.example.com example.com
}

func ExampleClient_ListRoutineRelatedRecords() {
	client, err := esa.New(esa.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	page, err := client.ListRoutineRelatedRecords(context.Background(), esa.ListRoutineRelatedRecordsRequest{
		Name: "test-routine1", SearchKeyWord: "no-such-name", PageSize: 5,
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(page.TotalCount, page.HasMore)
	// Output: 0 false
}

func ExampleClient_DeleteRoutineRelatedRecord() {
	client, err := esa.New(esa.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	deletion, err := client.DeleteRoutineRelatedRecord(context.Background(), esa.DeleteRoutineRelatedRecordRequest{
		SiteID: 54362329990032, Name: "test-routine1", RecordName: "gone.example.com",
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(deletion.Deleted) // if the record is gone already, the call succeeds too
	// Output: false
}

func ExampleClient_GetMatchSite() {
	client, err := esa.New(esa.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	site, err := client.GetMatchSite(context.Background(), esa.GetMatchSiteRequest{RecordName: "www.example.com"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(site.SiteID, site.SiteName)
	// Output: 54362329990032 example.com
}

func ExampleClient_Stats() {
	client, err := esa.New(esa.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	if _, err := client.GetMatchSite(context.Background(), esa.GetMatchSiteRequest{RecordName: "www.example.com"}); err != nil {
		log.Fatal(err)
	}
	stats := client.Stats()
	fmt.Println(stats.Calls, "call,", stats.Attempts, "request, keys of the", client.CredentialsSource())
	// Output: 1 call, 1 request, keys of the environment
}

func ExampleError() {
	client, err := esa.New(esa.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()

	_, err = client.CreateRoutineRelatedRecord(context.Background(), esa.CreateRoutineRelatedRecordRequest{
		SiteID:     54362329990032,
		Name:       "no-such-routine",
		RecordName: "hello.example.com",
	})

	if errors.Is(err, esa.ErrRoutineNotExist) {
		fmt.Println("create the routine first")
	}
	var failure *esa.Error
	if errors.As(err, &failure) {
		fmt.Println(failure.Code, failure.HTTPStatus, failure.Outcome)
		fmt.Println(failure.Advice)
	}
	// Output:
	// create the routine first
	// RoutineNotExist 400 Refused
	// Check the routine's name; create the routine first, in the account that these credentials belong to.
}

func ExampleClient_Call() {
	client, err := esa.New(esa.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()

	reply, err := client.Call(context.Background(), esa.CallRequest{
		Action: "ListUserRoutines", Params: map[string]any{"PageNumber": 1, "PageSize": 20, "SearchKeyWord": "routine1"},
	})
	if err != nil {
		log.Fatal(err)
	}
	var page struct {
		Routines []struct{ RoutineName string }
	}
	if err := reply.Decode(&page); err != nil {
		log.Fatal(err)
	}
	fmt.Println(page.Routines)
	// Output: [{test-routine1}]
}

func ExampleClient_Sign() {
	client, err := esa.New(esa.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	signed, err := client.Sign(context.Background(), esa.CallRequest{Action: "GetSite", Params: map[string]any{"SiteId": 7}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(signed.Method, strings.HasSuffix(signed.URL, "/?SiteId=7"))
	// Output: GET true
}

func ExampleSignWith() {
	signed, err := esa.SignWith(esa.SignOptions{
		Credentials: esa.Credentials{AccessKeyID: "my-id", AccessKeySecret: "my-secret"},
		Nonce:       "a-nonce-that-no-other-request-has",
		Date:        time.Now(),
	}, esa.CallRequest{Action: "GetSite", Params: map[string]any{"SiteId": 7}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(signed.Method, signed.URL)
	// Output: GET https://esa.cn-hangzhou.aliyuncs.com/?SiteId=7
}

func ExampleReadReply() {
	_, err := esa.ReadReply(esa.HTTPReply{
		Action: "CreateRoutine",
		Status: 400,
		Header: map[string][]string{"X-Acs-Retry-After": {"2000"}},
		Body:   []byte(`{"Code": "Throttling.User", "Message": "Request was denied due to user flow control."}`),
	})
	var failure *esa.Error
	if errors.As(err, &failure) {
		fmt.Println(failure.Outcome, failure.Retryable, failure.RetryAfter)
	}
	// Output: Refused true 2s
}

func ExampleVersion() {
	fmt.Println("libesa", esa.Version())
	// Output: libesa 0.1.0
}
