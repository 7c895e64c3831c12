package esa_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"math"
	"mime/multipart"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/libesa/libesa/bindings/go"
	"github.com/libesa/libesa/bindings/go/esatest"
)

// values is a JSON object.
type values = map[string]any

// call calls an action and decodes the reply into target. The call must succeed.
func call(t *testing.T, client *esa.Client, action string, params any, target any) *esa.Reply {
	t.Helper()
	reply, err := client.Call(context.Background(), esa.CallRequest{Action: action, Params: params})
	if err != nil {
		t.Fatalf("%s: %v", action, err)
	}
	if reply.RequestID == "" || reply.Attempts != 1 || reply.HTTPStatus != http.StatusOK {
		t.Errorf("%s: %+v", action, reply)
	}
	if err := reply.Decode(target); err != nil {
		t.Fatalf("%s: %v: %s", action, err, reply.Body)
	}
	return reply
}

func TestARoutineLivesByCallsAlone(t *testing.T) {
	emulator := esatest.Start(t)
	client := newClient(t, emulator.Config())
	var done struct{ Status, CodeVersion string }

	call(t, client, "CreateRoutine", values{"Name": "called", "Description": "ü & <b>"}, &done)
	if done.Status != "OK" {
		t.Errorf("CreateRoutine: %+v", done)
	}

	var upload struct{ OssPostConfig map[string]string }
	call(t, client, "GetRoutineStagingCodeUploadInfo", values{"Name": "called"}, &upload)
	uploadCode(t, upload.OssPostConfig, `export default { fetch: () => new Response("hello") }`)
	call(t, client, "CommitRoutineStagingCode", values{"Name": "called"}, &done)
	version := done.CodeVersion
	call(t, client, "PublishRoutineCodeVersion",
		values{"Name": "called", "Env": "production", "CodeVersion": version}, &done)
	var routine struct {
		Description string
		Envs        []struct {
			Env        string
			CodeDeploy struct {
				CodeVersions []struct{ CodeVersion string }
			}
		}
	}
	call(t, client, "GetRoutine", values{"Name": "called"}, &routine)
	if routine.Description != "ü & <b>" || routine.Envs[1].CodeDeploy.CodeVersions[0].CodeVersion != version {
		t.Errorf("GetRoutine: %+v; version %s", routine, version)
	}

	record := values{"SiteId": emulator.SiteID, "Name": "called", "RecordName": "called." + emulator.SiteName}
	var created struct{ RecordId int64 }
	call(t, client, "CreateRoutineRelatedRecord", record, &created)
	var listed struct {
		TotalCount     int
		RelatedRecords []struct{ RecordId int64 }
	}
	call(t, client, "ListRoutineRelatedRecords", values{"Name": "called"}, &listed)
	if listed.TotalCount != 1 || listed.RelatedRecords[0] != created {
		t.Errorf("ListRoutineRelatedRecords: %+v; created %+v", listed, created)
	}
	record["RecordId"] = created.RecordId
	call(t, client, "DeleteRoutineRelatedRecord", record, &done)

	call(t, client, "DeleteRoutine", values{"Name": "called"}, &done)
	_, err := client.Call(context.Background(), esa.CallRequest{Action: "GetRoutine", Params: values{"Name": "called"}})
	if !errors.Is(err, esa.ErrRoutineNotExist) || asError(t, err).Status != esa.StatusNotFound {
		t.Errorf("GetRoutine after its end: %v", err)
	}
}

// uploadCode uploads a routine's code with a form.
func uploadCode(t *testing.T, form map[string]string, code string) {
	t.Helper()
	var body bytes.Buffer
	writer := multipart.NewWriter(&body)
	for name, value := range form {
		switch name {
		case "Url":
		case "XOssSecurityToken":
			_ = writer.WriteField("x-oss-security-token", value)
		default:
			_ = writer.WriteField(name, value)
		}
	}
	file, _ := writer.CreateFormFile("file", "index.js")
	_, _ = io.WriteString(file, code)
	_ = writer.Close()
	response, err := http.Post(form["Url"], writer.FormDataContentType(), &body)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if said, _ := io.ReadAll(response.Body); response.StatusCode != http.StatusOK {
		t.Fatalf("the upload: %s: %s", response.Status, said)
	}
}

func TestRoutinesAreListedPageByPage(t *testing.T) {
	emulator := esatest.Start(t)
	client := newClient(t, emulator.Config())
	var done struct{ Status string }
	for _, name := range []string{"paged-a", "paged-b", "paged-c"} {
		call(t, client, "CreateRoutine", values{"Name": name}, &done)
	}
	var names []string

	for number := 1; ; number++ {
		var page struct {
			TotalCount int
			Routines   []struct{ RoutineName string }
		}
		call(t, client, "ListUserRoutines", struct {
			PageNumber, PageSize int
			SearchKeyWord        string
		}{number, 2, "paged"}, &page)
		for _, routine := range page.Routines {
			names = append(names, routine.RoutineName)
		}
		if len(names) >= page.TotalCount || len(page.Routines) == 0 {
			break
		}
	}

	slices.Sort(names)
	if !slices.Equal(names, []string{"paged-a", "paged-b", "paged-c"}) {
		t.Errorf("the pages have %v", names)
	}
}

func TestASiteIsCreatedAndRead(t *testing.T) {
	client := newClient(t, esatest.Start(t).Config())
	var created struct{ SiteId int64 }
	call(t, client, "CreateSite",
		values{"SiteName": "called.example", "Coverage": "overseas", "AccessType": "CNAME", "InstanceId": "i"}, &created)

	var sites struct{ Sites []struct{ SiteId int64 } }
	call(t, client, "ListSites", values{"SiteName": "called.example"}, &sites)
	var site struct {
		SiteModel struct{ SiteName, Coverage string }
	}
	call(t, client, "GetSite", created, &site)

	if len(sites.Sites) != 1 || sites.Sites[0] != created {
		t.Errorf("ListSites: %+v; created %+v", sites, created)
	}
	if site.SiteModel.SiteName != "called.example" || site.SiteModel.Coverage != "overseas" {
		t.Errorf("GetSite: %+v", site)
	}
}

func TestJSONIsSentAsTheActionWantsIt(t *testing.T) {
	const beyondDoubles = math.MaxInt64
	emulator := esatest.Start(t)
	emulator.AddFault(t, `{"times": 0, "reply": {"body": "{}"}}`)
	client := newClient(t, emulator.Config())
	var nothing values

	call(t, client, "ListSites", values{
		"SiteName": `"ü" & <日本語> 😀`, "PageNumber": int64(beyondDoubles), "OnlyEnterprise": true, "OrderBy": "",
		"TagFilter": []values{{"Key": "a&b", "Value": json.Number("9007199254740993")}}, "Status": nil,
	}, &nothing)
	call(t, client, "TagResources", struct {
		ResourceID []string `json:"ResourceId"`
		Tag        []values
		Left       string `json:",omitempty"`
	}{[]string{"a", "b"}, []values{{"Key": "k", "Value": false}}, ""}, &nothing)
	call(t, client, "ListSites", json.RawMessage(`{"PageSize": 2.50}`), &nothing)
	call(t, client, "ListSites", values(nil), &nothing)

	for i, sent := range []map[string]string{
		{
			"SiteName": `"ü" & <日本語> 😀`, "PageNumber": "9223372036854775807", "OnlyEnterprise": "true", "OrderBy": "",
			"TagFilter": `[{"Key":"a&b","Value":9007199254740993}]`,
		},
		{"ResourceId.1": "a", "ResourceId.2": "b", "Tag.1.Key": "k", "Tag.1.Value": "false"},
		{"PageSize": "2.50"},
		{},
	} {
		if got := emulator.Requests(t)[i].Parameters; !maps.Equal(got, sent) {
			t.Errorf("request %d has %v; want %v", i, got, sent)
		}
	}
}

func TestAReplyIsGivenAsItIsWritten(t *testing.T) {
	emulator := esatest.Start(t)
	emulator.AddFault(t, `{"times": 0, "reply": {"body": "{\"Id\": 9223372036854775807, \"Is\":true, \"In\":[{\"ü\":null}]}"}}`)
	client := newClient(t, emulator.Config())
	var typed struct {
		Id int64
		Is bool
	}
	var untyped values

	reply := call(t, client, "GetRoutine", values{"Name": "a"}, &typed)
	if err := reply.Decode(&untyped); err != nil {
		t.Fatal(err)
	}

	if string(reply.Body) != `{"Id": 9223372036854775807, "Is":true, "In":[{"ü":null}]}` {
		t.Errorf("the body is %s", reply.Body)
	}
	if typed.Id != math.MaxInt64 || !typed.Is {
		t.Errorf("decoded, it is %+v", typed)
	}
	if untyped["Id"] != json.Number("9223372036854775807") {
		t.Errorf("without types, it is %+v", untyped)
	}
	if err := reply.Decode(&struct{ Is string }{}); err == nil {
		t.Error("a boolean is decoded as a string")
	}
}

func TestALostWriteIsUnknownAndNotMadeAgain(t *testing.T) {
	emulator := esatest.Start(t)
	emulator.AddFault(t, `{"action": "CreateRoutine", "times": 0, "when": "after", "wire": {"kind": "drop"}}`)
	client := newClient(t, emulator.Config())

	reply, err := client.Call(context.Background(), esa.CallRequest{Action: "CreateRoutine", Params: values{"Name": "lost"}})

	failure := asError(t, err)
	if reply != nil || failure.Outcome != esa.OutcomeUnknown || failure.Attempts != 1 {
		t.Errorf("%v, %v after %d attempts", reply, failure.Outcome, failure.Attempts)
	}
	if !strings.Contains(failure.Advice, "read back") {
		t.Errorf("the advice is %q", failure.Advice)
	}
	if requests := emulator.Requests(t); len(requests) != 1 {
		t.Errorf("%d requests arrived; want 1", len(requests))
	}
}

func TestWhatIsMadeAgainFollowsTheEffect(t *testing.T) {
	for _, test := range []struct {
		request  esa.CallRequest
		requests int
		fails    bool
	}{
		{esa.CallRequest{Action: "GetRoutine"}, 2, false},
		{esa.CallRequest{Action: "GetRoutine", Effect: esa.EffectWrites}, 1, true},
		{esa.CallRequest{Action: "CreateRoutine", Effect: esa.EffectReads}, 2, false},
		{esa.CallRequest{Action: "CreateRoutine", Effect: esa.EffectDefault}, 1, true},
	} {
		emulator := esatest.Start(t)
		emulator.AddFault(t, `[{"wire": {"kind": "drop"}}, {"nth": 2, "reply": {"body": "{}"}}]`)
		test.request.Params = values{"Name": emulator.Routine}

		_, err := newClient(t, emulator.Config()).Call(context.Background(), test.request)

		if requests := len(emulator.Requests(t)); requests != test.requests || (err != nil) != test.fails {
			t.Errorf("%+v: %d requests, %v", test.request, requests, err)
		}
	}
}

func TestWhatCannotBeSentIsRefusedByName(t *testing.T) {
	emulator := esatest.Start(t)
	client := newClient(t, emulator.Config())
	for message, request := range map[string]esa.CallRequest{
		"action is NULL":                    {},
		"action has a NUL byte":             {Action: "GetRoutine\x00"},
		"method ":                           {Action: "GetRoutine", Method: "PUT"},
		"method has a NUL byte":             {Action: "GetRoutine", Method: "GET\x00"},
		"version ":                          {Action: "GetRoutine", Version: "now"},
		"version has a NUL byte":            {Action: "GetRoutine", Version: "2024-09-10\x00"},
		"effect ":                           {Action: "GetRoutine", Effect: 3},
		"params isn't a JSON object":        {Action: "GetRoutine", Params: []string{"Name"}},
		"params can't be written as JSON: ": {Action: "GetRoutine", Params: values{"Name": math.NaN()}},
		"query can't be written as JSON: ":  {Action: "GetRoutine", Query: func() {}},
		"form can't be written as JSON: ":   {Action: "GetRoutine", Form: json.RawMessage(`{`)},
		`form has "Name"`:                   {Action: "GetRoutine", Query: values{"Name": 1}, Form: values{"Name": 1}},
	} {
		_, err := client.Call(context.Background(), request)
		expectRefusal(t, err, message)
	}
	expectNoRequests(t, emulator)
}
