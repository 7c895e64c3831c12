package esa_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/libesa/libesa/bindings/go"
	"github.com/libesa/libesa/bindings/go/esatest"
)

// operation calls one of the client's methods.
type operation func(ctx context.Context, client *esa.Client, request esa.CreateRoutineRelatedRecordRequest) error

// operations has all of them. If nothing fails, each sends one request.
var operations = map[string]operation{
	"create": func(ctx context.Context, client *esa.Client, request esa.CreateRoutineRelatedRecordRequest) error {
		return only(client.CreateRoutineRelatedRecord(ctx, request))
	},
	"ensure": func(ctx context.Context, client *esa.Client, request esa.CreateRoutineRelatedRecordRequest) error {
		return only(client.EnsureRoutineRelatedRecord(ctx, request))
	},
	"delete": func(ctx context.Context, client *esa.Client, request esa.CreateRoutineRelatedRecordRequest) error {
		return only(client.DeleteRoutineRelatedRecord(ctx, esa.DeleteRoutineRelatedRecordRequest{
			SiteID: request.SiteID, Name: request.Name, RecordName: request.RecordName, RecordID: 1,
		}))
	},
	"list": func(ctx context.Context, client *esa.Client, request esa.CreateRoutineRelatedRecordRequest) error {
		return only(client.ListRoutineRelatedRecords(ctx, esa.ListRoutineRelatedRecordsRequest{Name: request.Name}))
	},
	"iterate": func(ctx context.Context, client *esa.Client, request esa.CreateRoutineRelatedRecordRequest) (last error) {
		for _, err := range client.RelatedRecords(ctx, esa.ListRoutineRelatedRecordsRequest{Name: request.Name}) {
			last = err
		}
		return last
	},
	"match": func(ctx context.Context, client *esa.Client, request esa.CreateRoutineRelatedRecordRequest) error {
		return only(client.GetMatchSite(ctx, esa.GetMatchSiteRequest{RecordName: request.RecordName}))
	},
	"call": func(ctx context.Context, client *esa.Client, request esa.CreateRoutineRelatedRecordRequest) error {
		return only(client.Call(ctx, esa.CallRequest{
			Action: "GetMatchSite", Params: map[string]any{"RecordName": request.RecordName},
		}))
	},
}

// only returns the error of a call, which returns either an error or a result.
func only[T any](result *T, err error) error {
	if (result == nil) != (err != nil) {
		return fmt.Errorf("%v is there beside the error %w", result, err)
	}
	return err
}

func TestEveryOperationEndsWithItsContext(t *testing.T) {
	for name, call := range operations {
		t.Run(name, func(t *testing.T) {
			emulator := esatest.Start(t)
			emulator.AddFault(t, `{"times": 0, "wire": {"kind": "hang"}}`)
			client := newClient(t, emulator.Config())
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			ended := make(chan error, 1)
			go func() { ended <- call(ctx, client, requestFor(emulator, "a")) }()
			waitForRequests(t, emulator, 1)

			cancel()

			err := <-ended
			if !errors.Is(err, context.Canceled) || asError(t, err).Status != esa.StatusCancelled {
				t.Errorf("%v is not context.Canceled", err)
			}
			err = call(ctx, client, requestFor(emulator, "a"))
			if !errors.Is(err, context.Canceled) || asError(t, err).Outcome != esa.OutcomeNotSent {
				t.Errorf("the call after it: %v", err)
			}
			if requests := emulator.Requests(t); len(requests) != 1 {
				t.Errorf("%d requests arrived; want 1", len(requests))
			}
		})
	}
}

func TestEveryOperationHasTheContextsDeadline(t *testing.T) {
	for name, call := range operations {
		t.Run(name, func(t *testing.T) {
			emulator := esatest.Start(t)
			emulator.AddFault(t, `{"times": 0, "wire": {"kind": "hang"}}`)
			config := emulator.Config()
			config.AttemptTimeout, config.Timeout = time.Hour, time.Hour
			ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
			defer cancel()

			err := call(ctx, newClient(t, config), requestFor(emulator, "a"))

			if !errors.Is(err, context.DeadlineExceeded) || asError(t, err).Status != esa.StatusTimeout {
				t.Errorf("%v is not context.DeadlineExceeded", err)
			}
		})
	}
}

func TestAClosedClientRefusesEveryOperation(t *testing.T) {
	emulator := esatest.Start(t)
	client := newClient(t, emulator.Config())
	_ = client.Close()
	for name, call := range operations {
		if err := call(context.Background(), client, requestFor(emulator, "a")); !errors.Is(err, esa.ErrClosed) {
			t.Errorf("%s: %v; want ErrClosed", name, err)
		}
	}
	expectNoRequests(t, emulator)
}

func TestEveryOperationRefusesTextWithANUL(t *testing.T) {
	emulator := esatest.Start(t)
	client := newClient(t, emulator.Config())
	request := requestFor(emulator, "a")
	request.Name += "\x00b"
	request.RecordName += "\x00b"
	for name, call := range operations {
		if name == "call" {
			continue // JSON has an escape for it.
		}
		expectRefusal(t, call(context.Background(), client, request), "")
	}
	expectNoRequests(t, emulator)
}

func TestEnsuringFindsTheSiteAndWhatIsThere(t *testing.T) {
	emulator := esatest.Start(t)
	client := newClient(t, emulator.Config())
	request := requestFor(emulator, "a")
	request.SiteID = 0
	var records []*esa.Record
	for range 2 {
		record, err := client.EnsureRoutineRelatedRecord(context.Background(), request)
		if err != nil {
			t.Fatal(err)
		}
		records = append(records, record)
	}

	first, second := records[0], records[1]
	if first.Origin != esa.OriginCreated || second.Origin != esa.OriginExisting {
		t.Errorf("%v, %v; want created, then existing", first.Origin, second.Origin)
	}
	if first.RecordID == 0 || first.RecordID != second.RecordID {
		t.Errorf("the ids are %d and %d", first.RecordID, second.RecordID)
	}
	if first.SiteID != emulator.SiteID || second.SiteID != emulator.SiteID {
		t.Errorf("the sites are %d and %d; want %d", first.SiteID, second.SiteID, emulator.SiteID)
	}
}

func TestARecordWhoseAnswerIsLostIsFound(t *testing.T) {
	emulator := esatest.Start(t)
	emulator.AddFault(t, `{"action": "CreateRoutineRelatedRecord", "when": "after", "wire": {"kind": "drop"}}`)

	record, err := newClient(t, emulator.Config()).CreateRoutineRelatedRecord(context.Background(), requestFor(emulator, "a"))
	if err != nil {
		t.Fatal(err)
	}

	if record.Origin != esa.OriginRecovered || record.SiteID != emulator.SiteID || record.Attempts != 1 {
		t.Errorf("%+v", record)
	}
	if records := recordsOf(t, emulator); records != 1 {
		t.Errorf("there are %d records; want 1", records)
	}
}

func TestDeletingLeavesNothingWithAndWithoutAnID(t *testing.T) {
	emulator := esatest.Start(t)
	client := newClient(t, emulator.Config())
	for _, withID := range []bool{true, false} {
		created := requestFor(emulator, "a")
		record, err := client.CreateRoutineRelatedRecord(context.Background(), created)
		if err != nil {
			t.Fatal(err)
		}
		request := esa.DeleteRoutineRelatedRecordRequest{
			SiteID: created.SiteID, Name: created.Name, RecordName: created.RecordName,
		}
		if withID {
			request.RecordID = record.RecordID
		}

		deletion, err := client.DeleteRoutineRelatedRecord(context.Background(), request)

		if err != nil || !deletion.Deleted || deletion.Attempts != 1 || deletion.RequestID == "" {
			t.Errorf("with an id: %t: %+v, %v", withID, deletion, err)
		}
		if records := recordsOf(t, emulator); records != 0 {
			t.Errorf("with an id: %t: there are %d records; want none", withID, records)
		}

		deletion, err = client.DeleteRoutineRelatedRecord(context.Background(), request)

		if err != nil || deletion.Deleted {
			t.Errorf("what is gone, with an id: %t: %+v, %v", withID, deletion, err)
		}
	}
}

func TestTheRecordIDOfADeletionReachesTheService(t *testing.T) {
	emulator := esatest.Start(t)
	client := newClient(t, emulator.Config())
	_, err := client.DeleteRoutineRelatedRecord(context.Background(), esa.DeleteRoutineRelatedRecordRequest{
		SiteID: emulator.SiteID, Name: emulator.Routine, RecordName: "a.example.com", RecordID: 9007199254740993,
	})
	if err != nil {
		t.Fatal(err)
	}

	if sent := emulator.Requests(t)[0].Parameters; sent["RecordId"] != "9007199254740993" || sent["RecordName"] != "a.example.com" {
		t.Errorf("%v was sent", sent)
	}
}

// createRecords creates this many records, and returns them as the list will have them.
func createRecords(t *testing.T, emulator *esatest.Emulator, client *esa.Client, count int) (records []esa.RelatedRecord) {
	t.Helper()
	for number := range count {
		request := requestFor(emulator, fmt.Sprintf("r%02d", number))
		record, err := client.CreateRoutineRelatedRecord(context.Background(), request)
		if err != nil {
			t.Fatal(err)
		}
		records = append(records, esa.RelatedRecord{
			RecordID: record.RecordID, SiteID: emulator.SiteID, RecordName: request.RecordName, SiteName: emulator.SiteName,
		})
	}
	return records
}

func sorted(records []esa.RelatedRecord) []esa.RelatedRecord {
	return slices.SortedFunc(slices.Values(records), func(a, b esa.RelatedRecord) int { return int(a.RecordID - b.RecordID) })
}

func TestAPageIsWhatTheRequestNames(t *testing.T) {
	emulator := esatest.Start(t)
	client := newClient(t, emulator.Config())
	records := createRecords(t, emulator, client, 3)
	for _, given := range []struct {
		request esa.ListRoutineRelatedRecordsRequest
		records int
		total   uint64
		more    bool
	}{
		{esa.ListRoutineRelatedRecordsRequest{}, 3, 3, false},
		{esa.ListRoutineRelatedRecordsRequest{PageSize: 2}, 2, 3, true},
		{esa.ListRoutineRelatedRecordsRequest{PageSize: 2, PageNumber: 2}, 1, 3, false},
		{esa.ListRoutineRelatedRecordsRequest{PageNumber: 7}, 0, 3, false},
		{esa.ListRoutineRelatedRecordsRequest{SearchKeyWord: "r01"}, 1, 1, false},
	} {
		given.request.Name = emulator.Routine

		page, err := client.ListRoutineRelatedRecords(context.Background(), given.request)
		if err != nil {
			t.Fatal(err)
		}

		if len(page.Records) != given.records || page.TotalCount != given.total || page.HasMore != given.more || page.RequestID == "" {
			t.Errorf("%+v gives %+v", given.request, page)
		}
		for _, record := range page.Records {
			if !slices.Contains(records, record) {
				t.Errorf("%+v is none of %+v", record, records)
			}
		}
	}
}

func TestAPageThatCannotBeOneIsRefusedByName(t *testing.T) {
	emulator := esatest.Start(t)
	client := newClient(t, emulator.Config())
	for field, request := range map[string]esa.ListRoutineRelatedRecordsRequest{
		"page_number is -1":                  {PageNumber: -1},
		"page_size is -1":                    {PageSize: -1},
		"page_size is 21":                    {PageSize: 21},
		"page_size is 4294967296":            {PageSize: math.MaxUint32 + 1},
		"search_key_word has a NUL byte":     {SearchKeyWord: "\x00"},
		"search_key_word is not UTF-8":       {SearchKeyWord: "\xff"},
		"page_number is 9223372036854775807": {PageNumber: math.MaxInt64},
	} {
		request.Name = emulator.Routine

		_, err := client.ListRoutineRelatedRecords(context.Background(), request)

		expectRefusal(t, err, field)
		for _, err := range client.RelatedRecords(context.Background(), request) {
			expectRefusal(t, err, field)
		}
	}
	expectNoRequests(t, emulator)
}

func TestTheIteratorGoesThroughAllPagesAndAgain(t *testing.T) {
	emulator := esatest.Start(t)
	client := newClient(t, emulator.Config())
	want := sorted(createRecords(t, emulator, client, 7))
	all := client.RelatedRecords(context.Background(), esa.ListRoutineRelatedRecordsRequest{Name: emulator.Routine, PageSize: 3})
	for range 2 {
		var got []esa.RelatedRecord
		for record, err := range all {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, record)
		}

		if !slices.Equal(sorted(got), want) {
			t.Errorf("%+v; want %+v", got, want)
		}
	}
	if requests := emulator.Requests(t); len(requests) != 7+2*3 {
		t.Errorf("%d requests; want 7 creates and two times 3 pages", len(requests))
	}
}

func TestLeavingTheIteratorAsksForNoFurtherPage(t *testing.T) {
	emulator := esatest.Start(t)
	client := newClient(t, emulator.Config())
	createRecords(t, emulator, client, 3)
	for range client.RelatedRecords(context.Background(), esa.ListRoutineRelatedRecordsRequest{Name: emulator.Routine, PageSize: 2}) {
		break
	}

	if requests := emulator.Requests(t); len(requests) != 3+1 {
		t.Errorf("%d requests; want 3 creates and a page", len(requests))
	}
}

func TestAnErrorIsTheLastThingFromTheIterator(t *testing.T) {
	emulator := esatest.Start(t)
	client := newClient(t, emulator.Config())
	createRecords(t, emulator, client, 3)
	emulator.AddFault(t, `{"action": "ListRoutineRelatedRecords", "nth": 2, "reply": {"code": "RoutineNotExist"}}`)
	var records, failures int
	for record, err := range client.RelatedRecords(context.Background(), esa.ListRoutineRelatedRecordsRequest{Name: emulator.Routine, PageSize: 1}) {
		switch {
		case err == nil:
			records++
		case errors.Is(err, esa.ErrRoutineNotExist) && record == esa.RelatedRecord{}:
			failures++
		default:
			t.Errorf("%+v, %v", record, err)
		}
	}

	if records != 1 || failures != 1 {
		t.Errorf("%d records and %d errors; want one of each", records, failures)
	}
}

func TestTheMatchingSiteIsFoundOrNot(t *testing.T) {
	emulator := esatest.Start(t)
	client := newClient(t, emulator.Config())

	site, err := client.GetMatchSite(context.Background(), esa.GetMatchSiteRequest{RecordName: "a.b." + emulator.SiteName})

	if err != nil || site.SiteID != emulator.SiteID || site.SiteName != emulator.SiteName || site.RequestID == "" {
		t.Errorf("%+v, %v", site, err)
	}
	_, err = client.GetMatchSite(context.Background(), esa.GetMatchSiteRequest{RecordName: "a.example.net"})
	if failure := asError(t, err); failure.ServiceCode != esa.ServiceCodeSiteNotFound || failure.Status != esa.StatusNotFound {
		t.Errorf("%+v", failure)
	}
}
