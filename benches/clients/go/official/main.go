// The official SDK's core for Go. The generated package for this service only fills in what is filled in here, and can't
// be had everywhere that this runs.
package main

import (
	"encoding/json"
	"os"
	"strings"

	"github.com/alibabacloud-go/darabonba-openapi/v2/client"
	openapiutil "github.com/alibabacloud-go/darabonba-openapi/v2/utils"
	"github.com/alibabacloud-go/tea/dara"
	"github.com/libesa/libesa/benches/clients/go/driver"
)

func main() {
	url, caFile, threads := driver.Arguments()
	scheme, address, _ := strings.Cut(url, "://")
	ca, err := os.ReadFile(caFile)
	driver.Check(err)
	sdk, err := client.NewClient(&openapiutil.Config{
		AccessKeyId:     dara.String("testid"),
		AccessKeySecret: dara.String("testsecret"),
		Endpoint:        dara.String(address),
		Protocol:        dara.String(scheme),
		Ca:              dara.String(string(ca)),
	})
	driver.Check(err)
	driver.Run(threads, func() (int64, error) {
		form := map[string]any{"Name": driver.Name, "SiteId": driver.SiteID, "RecordName": driver.RecordName}
		reply, err := sdk.CallApi(&openapiutil.Params{
			Action:      dara.String("CreateRoutineRelatedRecord"),
			Version:     dara.String("2024-09-10"),
			Protocol:    dara.String("HTTPS"),
			Pathname:    dara.String("/"),
			Method:      dara.String("POST"),
			AuthType:    dara.String("AK"),
			Style:       dara.String("RPC"),
			ReqBodyType: dara.String("formData"),
			BodyType:    dara.String("json"),
		}, &openapiutil.OpenApiRequest{Body: openapiutil.ParseToMap(form)}, &dara.RuntimeOptions{})
		if err != nil {
			return 0, err
		}
		return reply["body"].(map[string]any)["RecordId"].(json.Number).Int64()
	})
}
