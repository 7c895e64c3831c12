package esa_test

import (
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

const program = `package main

import (
	"context"
	"fmt"
	"os"

	"github.com/libesa/libesa/bindings/go"
)

func main() {
	client, err := esa.New(esa.Config{})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	defer client.Close()
	record, err := client.EnsureRoutineRelatedRecord(context.Background(), esa.CreateRoutineRelatedRecordRequest{
		Name: "test-routine1", RecordName: "module.example.com",
	})
	fmt.Println(record != nil, err)
}
`

// module is another module, which uses this one.
type module struct {
	folder string
}

func newModule(t *testing.T) module {
	t.Helper()
	this, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	module := module{t.TempDir()}
	for name, text := range map[string]string{
		"main.go": program,
		"go.mod": `module example.com/program
go 1.24
require github.com/libesa/libesa/bindings/go v0.0.0
replace github.com/libesa/libesa/bindings/go => ` + this + "\n",
	} {
		if err := os.WriteFile(filepath.Join(module.folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return module
}

// run runs a command in the module's folder, and gives what it says.
func (module module) run(environment []string, name string, arguments ...string) (output string, err error) {
	command := exec.Command(name, arguments...)
	command.Dir = module.folder
	command.Env = append(os.Environ(), environment...)
	said, err := command.CombinedOutput()
	return string(said), err
}

func (module module) vendor(t *testing.T) {
	t.Helper()
	if said, err := module.run(nil, "go", "mod", "vendor"); err != nil {
		t.Fatalf("go mod vendor: %v\n%s", err, said)
	}
}

func (module module) build(t *testing.T, environment []string, arguments ...string) {
	t.Helper()
	if said, err := module.run(environment, "go", append([]string{"build"}, arguments...)...); err != nil {
		t.Fatalf("go build %v: %v\n%s", arguments, err, said)
	}
}

func (module module) expectRecord(t *testing.T, environment ...string) {
	t.Helper()
	if said, err := module.run(environment, "./program"); err != nil || said != "true <nil>\n" {
		t.Errorf("the program says %q, %v", said, err)
	}
}

// expectNoBuild wants the compiler to say one thing, which holds the text.
func (module module) expectNoBuild(t *testing.T, environment []string, text string) {
	t.Helper()
	said, err := module.run(environment, "go", "build")
	complaints := strings.Count(said, "error:") + strings.Count(said, "undefined:")
	if err == nil || complaints != 1 || !strings.Contains(said, text) {
		t.Errorf("go build: %v; want one error with %q\n%s", err, text, said)
	}
}

func TestAModuleVendorsThePackageWithTheNativeLibrary(t *testing.T) {
	module := newModule(t)
	module.vendor(t)

	module.build(t, nil, "-mod=vendor")

	module.expectRecord(t)
	libraries := librariesOf(t, filepath.Join(module.folder, "program"))
	if slices.ContainsFunc(libraries, func(name string) bool { return strings.HasPrefix(name, "libesa") }) {
		t.Errorf("the program needs %v", libraries)
	}
}

func TestWithoutTheNativeLibraryTheBuildSaysWhatToDo(t *testing.T) {
	module := newModule(t)
	module.vendor(t)
	vendored := filepath.Join(module.folder, "vendor/github.com/libesa/libesa/bindings/go/lib")
	if err := os.Remove(filepath.Join(vendored, runtime.GOOS+"_"+runtime.GOARCH, "esa.h")); err != nil {
		t.Fatal(err)
	}

	module.expectNoBuild(t, nil, "run `make stage` in its repository, or install it and build with -tags esa_system")
}

func TestTheInstalledLibraryIsFoundByPkgConfig(t *testing.T) {
	if _, err := exec.LookPath("pkg-config"); err != nil {
		t.Skip("needs pkg-config")
	}
	installed, err := filepath.Abs("../../target/stage/lib")
	if err != nil {
		t.Fatal(err)
	}
	module := newModule(t)

	module.build(t, []string{"PKG_CONFIG_PATH=" + installed + "/pkgconfig"}, "-tags", "esa_system")

	module.expectRecord(t, "LD_LIBRARY_PATH="+installed)
	if libraries := librariesOf(t, filepath.Join(module.folder, "program")); !slices.Contains(libraries, "libesa.so.0") {
		t.Errorf("the program needs %v; want libesa.so.0 among them", libraries)
	}
}

func TestABuildWithoutCgoSaysWhatItNeeds(t *testing.T) {
	newModule(t).expectNoBuild(t, []string{"CGO_ENABLED=0"}, "set_CGO_ENABLED_1_and_install_a_C_compiler")
}

// librariesOf is the shared libraries that a program needs.
func librariesOf(t *testing.T, program string) []string {
	t.Helper()
	file, err := elf.Open(program)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	libraries, err := file.ImportedLibraries()
	if err != nil {
		t.Fatal(err)
	}
	return libraries
}
