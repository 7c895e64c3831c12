// Package oracle runs the official Go core, unchanged, against the emulator.
//
// The generated package for this service, alibabacloud-go/esa-20240910, only fills in OpenApiRequest and Params and
// hands them to the core's CallApi. The tests do the same by hand with the places that it uses (POST with a form; the
// delete has SiteId in the query), because the core is all that signing and reading replies depend on, and the
// generated package can't be had everywhere that these tests run.
//
// ESA_EMULATOR names the emulator's program.
package oracle

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/alibabacloud-go/darabonba-openapi/v2/client"
	openapiutil "github.com/alibabacloud-go/darabonba-openapi/v2/utils"
	"github.com/alibabacloud-go/tea/dara"
	"github.com/alibabacloud-go/tea/tea"
)

const (
	routine = "test-routine1"
	siteID  = int64(54362329990032)
)

// What the SDK calls "v2" is the RPC signature with HMAC-SHA1; without a choice it signs with ACS3-HMAC-SHA256.
var signatures = map[string]*string{"V3": nil, "V1": dara.String("v2")}

type parameters = map[string]any

type ready struct {
	URL             string `json:"url"`
	AccessKeyID     string `json:"access_key_id"`
	AccessKeySecret string `json:"access_key_secret"`
}

// startEmulator runs an emulator until the test ends, with a seed document unless that is nil.
func startEmulator(t *testing.T, seed any) ready {
	t.Helper()
	program := os.Getenv("ESA_EMULATOR")
	if program == "" {
		t.Fatal("set ESA_EMULATOR to the emulator's program")
	}
	command := exec.Command(program, "--exit-with-stdin")
	// Ctrl-C in a terminal ends the test, and not this under it.
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if seed != nil {
		document, err := json.Marshal(seed)
		if err != nil {
			t.Fatal(err)
		}
		file := t.TempDir() + "/seed.json"
		if err := os.WriteFile(file, document, 0o600); err != nil {
			t.Fatal(err)
		}
		command.Args = append(command.Args, "--seed", file)
	}
	command.Stderr = os.Stderr
	input, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	output, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		input.Close() // which ends it
		if err := command.Wait(); err != nil {
			t.Error(err)
		}
	})
	line, err := bufio.NewReader(output).ReadString('\n')
	if err != nil && err != io.EOF {
		t.Fatal(err)
	}
	var r ready
	if err := json.Unmarshal([]byte(line), &r); err != nil {
		t.Fatalf("%v in the ready line %q", err, line)
	}
	return r
}

func newClient(t *testing.T, r ready, signature *string, secret string, token *string) *client.Client {
	t.Helper()
	c, err := client.NewClient(&openapiutil.Config{
		AccessKeyId:        &r.AccessKeyID,
		AccessKeySecret:    &secret,
		SecurityToken:      token,
		Endpoint:           dara.String(strings.TrimPrefix(r.URL, "http://")),
		Protocol:           dara.String("http"),
		SignatureAlgorithm: signature,
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// call does what the generated package does for every operation.
func call(c *client.Client, method, action string, query, body parameters) (parameters, error) {
	request := &openapiutil.OpenApiRequest{}
	if query != nil {
		request.Query = openapiutil.Query(query)
	}
	if body != nil {
		request.Body = openapiutil.ParseToMap(body)
	}
	reply, err := c.CallApi(&openapiutil.Params{
		Action:      dara.String(action),
		Version:     dara.String("2024-09-10"),
		Protocol:    dara.String("HTTPS"),
		Pathname:    dara.String("/"),
		Method:      dara.String(method),
		AuthType:    dara.String("AK"),
		Style:       dara.String("RPC"),
		ReqBodyType: dara.String("formData"),
		BodyType:    dara.String("json"),
	}, request, &dara.RuntimeOptions{})
	if err != nil {
		return nil, err
	}
	return reply["body"].(parameters), nil
}

func create(c *client.Client, routine string) (parameters, error) {
	body := parameters{"Name": routine, "SiteId": siteID, "RecordName": "a.example.com"}
	return call(c, "POST", "CreateRoutineRelatedRecord", nil, body)
}

var requestID = regexp.MustCompile(`^[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}$`)

// wantRefusal returns the body of the refusal.
func wantRefusal(t *testing.T, err error, status int, code string) parameters {
	t.Helper()
	var refusal *tea.SDKError
	if !errors.As(err, &refusal) {
		t.Fatalf("got %v (%T), want an SDKError with %s", err, err, code)
	}
	if tea.IntValue(refusal.StatusCode) != status || tea.StringValue(refusal.Code) != code {
		t.Errorf("got %d %s, want %d %s", tea.IntValue(refusal.StatusCode), tea.StringValue(refusal.Code), status, code)
	}
	var body parameters
	if err := json.Unmarshal([]byte(tea.StringValue(refusal.Data)), &body); err != nil {
		t.Fatal(err)
	}
	if id, _ := body["RequestId"].(string); !requestID.MatchString(id) {
		t.Errorf("the request id is %q", id)
	}
	return body
}

func withEachSignature(t *testing.T, test func(t *testing.T, signature *string)) {
	for name, signature := range signatures {
		t.Run(name, func(t *testing.T) { test(t, signature) })
	}
}

func TestARecordIsCreatedListedAndDeleted(t *testing.T) {
	withEachSignature(t, func(t *testing.T, signature *string) {
		r := startEmulator(t, nil)
		c := newClient(t, r, signature, r.AccessKeySecret, nil)
		created, err := create(c, routine)
		if err != nil {
			t.Fatal(err)
		}
		if created["Status"] != "OK" {
			t.Errorf("the create's status is %v", created["Status"])
		}

		listing := parameters{"Name": routine, "PageNumber": 1, "PageSize": 20, "SearchKeyWord": "a.example"}
		listed, err := call(c, "POST", "ListRoutineRelatedRecords", nil, listing)
		if err != nil {
			t.Fatal(err)
		}
		records, _ := listed["RelatedRecords"].([]any)
		if len(records) != 1 {
			t.Fatalf("listed %v", listed)
		}
		record := records[0].(parameters)
		if record["RecordName"] != "a.example.com" || record["RecordId"] != created["RecordId"] {
			t.Errorf("listed %v, created %v", record, created)
		}

		body := parameters{"Name": routine, "RecordName": "a.example.com", "RecordId": created["RecordId"]}
		deleted, err := call(c, "POST", "DeleteRoutineRelatedRecord", parameters{"SiteId": siteID}, body)
		if err != nil {
			t.Fatal(err)
		}
		if deleted["Status"] != "OK" {
			t.Errorf("the delete's status is %v", deleted["Status"])
		}
	})
}

func TestAGetWithAQueryIsUnderstood(t *testing.T) {
	withEachSignature(t, func(t *testing.T, signature *string) {
		r := startEmulator(t, nil)
		c := newClient(t, r, signature, r.AccessKeySecret, nil)
		if _, err := call(c, "GET", "ListSites", parameters{"SiteName": "blanks, *~+&=/%25 and ü"}, nil); err != nil {
			t.Error(err)
		}
		matched, err := call(c, "GET", "GetMatchSite", parameters{"RecordName": "a.b.example.com"}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if matched["SiteName"] != "example.com" {
			t.Errorf("matched %v", matched)
		}
	})
}

func TestRefusalsReachTheCaller(t *testing.T) {
	withEachSignature(t, func(t *testing.T, signature *string) {
		r := startEmulator(t, nil)
		c := newClient(t, r, signature, r.AccessKeySecret, nil)
		_, err := create(c, "nope")
		wantRefusal(t, err, 400, "RoutineNotExist")

		if _, err := create(c, routine); err != nil {
			t.Fatal(err)
		}
		_, err = create(c, routine)
		wantRefusal(t, err, 400, "ParameterAlreadyExist")

		_, err = create(newClient(t, r, signature, "wrong", nil), routine)
		wantRefusal(t, err, 400, "SignatureDoesNotMatch")
	})
}

func seedWithUser(user parameters) parameters {
	return parameters{"accounts": []parameters{{
		"users":    []parameters{user},
		"sites":    []parameters{{"site_id": siteID, "site_name": "example.com"}},
		"routines": []parameters{{"name": routine}},
	}}}
}

func TestAUserWithoutPermissionLearnsWhy(t *testing.T) {
	withEachSignature(t, func(t *testing.T, signature *string) {
		statement := parameters{"Effect": "Allow", "Action": "esa:List*", "Resource": "*"}
		r := startEmulator(t, seedWithUser(parameters{
			"name":   "reader",
			"policy": parameters{"Version": "1", "Statement": []parameters{statement}},
			"keys":   []parameters{{"access_key_id": "key", "access_key_secret": "secret"}},
		}))
		_, err := create(newClient(t, r, signature, r.AccessKeySecret, nil), routine)
		body := wantRefusal(t, err, 403, "NoPermission")
		if detail, _ := body["AccessDeniedDetail"].(parameters); detail["NoPermissionType"] != "ImplicitDeny" {
			t.Errorf("the detail is %v", detail)
		}
	})
}

func TestATemporaryKeyIsTakenWithItsToken(t *testing.T) {
	withEachSignature(t, func(t *testing.T, signature *string) {
		key := parameters{"access_key_id": "STS.key", "access_key_secret": "secret", "security_token": "CAIS+/= token"}
		r := startEmulator(t, seedWithUser(parameters{"name": "role", "keys": []parameters{key}}))
		c := newClient(t, r, signature, r.AccessKeySecret, dara.String("CAIS+/= token"))
		if _, err := create(c, routine); err != nil {
			t.Error(err)
		}
		c = newClient(t, r, signature, r.AccessKeySecret, dara.String("other"))
		_, err := create(c, routine)
		wantRefusal(t, err, 400, "InvalidSecurityToken.MismatchWithAccessKey")
	})
}
