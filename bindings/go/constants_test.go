package esa_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/libesa/libesa/bindings/go"
)

const header = "../../include/esa.h"

var enumerator = regexp.MustCompile(`(?m)^\s+ESA_(ERR|OUTCOME|CODE|ORIGIN|EFFECT|NETWORK)_(\w+) = (\d+),$`)

func TestTheConstantsAreTheHeaders(t *testing.T) {
	text, err := os.ReadFile(header)
	if err != nil {
		t.Fatal(err)
	}
	inHeader := map[string]string{}
	types := map[string]string{
		"ERR": "Status", "OUTCOME": "Outcome", "CODE": "ServiceCode", "ORIGIN": "Origin", "EFFECT": "Effect",
		"NETWORK": "Network",
	}
	for _, match := range enumerator.FindAllStringSubmatch(string(text), -1) {
		// INVALID_ARGUMENT is InvalidArgument here.
		name := types[match[1]] + strings.ReplaceAll(match[2], "_", "")
		inHeader[strings.ToUpper(name)] = match[3]
	}
	inGo := map[string]string{}
	for _, file := range []string{"status.go", "service_code.go", "action.go", "network.go"} {
		maps.Copy(inGo, constantsOf(t, file))
	}

	for name, value := range inHeader {
		if inGo[name] != value {
			t.Errorf("%s is %s in the header and %q in Go", name, value, inGo[name])
		}
	}
	for number := range int32(1000) {
		for typeName, name := range map[string]string{
			"Status": esa.Status(number).String(), "Outcome": esa.Outcome(number).String(), "Origin": esa.Origin(number).String(),
		} {
			value, known := inGo[strings.ToUpper(typeName+name)]
			if known != !strings.Contains(name, "(") || known && value != strconv.Itoa(int(number)) {
				t.Errorf("%s %d reads %q", typeName, number, name)
			}
		}
	}
	if len(inGo) != len(inHeader) {
		t.Errorf("Go has %d constants, the header %d", len(inGo), len(inHeader))
	}
}

// constantsOf returns the names, in capitals, and the values of a file's exported constants.
func constantsOf(t *testing.T, file string) map[string]string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	constants := map[string]string{}
	ast.Inspect(parsed, func(node ast.Node) bool {
		if spec, ok := node.(*ast.ValueSpec); ok && spec.Names[0].IsExported() {
			constants[strings.ToUpper(spec.Names[0].Name)] = spec.Values[0].(*ast.BasicLit).Value
		}
		return true
	})
	return constants
}
