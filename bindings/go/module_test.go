package esa_test

import (
	"archive/zip"
	"debug/elf"
	"errors"
	"io/fs"
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

// module is another module that uses this one.
type module struct {
	folder string
}

// newModule makes a module that replaces a released version of this one by this checkout.
func newModule(t *testing.T) module {
	t.Helper()
	this, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	return emptyModule(t, "require github.com/libesa/libesa/bindings/go v0.0.0\n"+
		"replace github.com/libesa/libesa/bindings/go => "+this+"\n")
}

func emptyModule(t *testing.T, requirements string) module {
	t.Helper()
	module := module{t.TempDir()}
	writeFile(t, filepath.Join(module.folder, "main.go"), program)
	writeFile(t, filepath.Join(module.folder, "go.mod"), "module example.com/program\ngo 1.24\n"+requirements)
	return module
}

func writeFile(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// run runs a command in the module's folder, and returns its output.
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

// expectNoBuild expects one message of the compiler, with the text in it.
func (module module) expectNoBuild(t *testing.T, environment []string, text string) {
	t.Helper()
	said, err := module.run(environment, "go", "build")
	complaints := strings.Count(said, "error:") + strings.Count(said, "undefined:")
	if err == nil || complaints != 1 || !strings.Contains(said, text) {
		t.Errorf("go build: %v; want one error with %q\n%s", err, text, said)
	}
}

// proxyWith makes the folder of a module proxy with one version of this module, made of the files here.
func proxyWith(t *testing.T, version string) string {
	t.Helper()
	proxy := t.TempDir()
	versions := filepath.Join(proxy, "github.com/libesa/libesa/bindings/go/@v")
	if err := os.MkdirAll(versions, 0o700); err != nil {
		t.Fatal(err)
	}
	gomod, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(versions, "list"), version+"\n")
	writeFile(t, filepath.Join(versions, version+".info"), `{"Version": "`+version+`"}`)
	writeFile(t, filepath.Join(versions, version+".mod"), string(gomod))
	archive, err := os.Create(filepath.Join(versions, version+".zip"))
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close()
	files := zip.NewWriter(archive)
	err = fs.WalkDir(os.DirFS("."), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		file, err := files.Create("github.com/libesa/libesa/bindings/go@" + version + "/" + name)
		if err != nil {
			return err
		}
		_, err = file.Write(content)
		return err
	})
	if err := errors.Join(err, files.Close()); err != nil {
		t.Fatal(err)
	}
	return proxy
}

func TestGoGetTakesAReleasedModuleWithTheNativeLibrary(t *testing.T) {
	module := emptyModule(t, "")
	environment := []string{
		"GOPROXY=file://" + proxyWith(t, "v0.1.0"), "GOSUMDB=off", "GOMODCACHE=" + t.TempDir(), "GOFLAGS=-modcacherw",
	}
	if said, err := module.run(environment, "go", "get", "github.com/libesa/libesa/bindings/go@v0.1.0"); err != nil {
		t.Fatalf("go get: %v\n%s", err, said)
	}

	module.build(t, environment)

	module.expectRecord(t)
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

	module.expectNoBuild(t, nil, "take a released version, run `make stage` in its repository, or install it and build with -tags esa_system")
}

func TestTheTagMuslTakesTheLibraryForMusl(t *testing.T) {
	module := newModule(t)
	module.vendor(t)
	vendored := filepath.Join(module.folder, "vendor/github.com/libesa/libesa/bindings/go/lib")
	platform := filepath.Join(vendored, runtime.GOOS+"_"+runtime.GOARCH)
	for _, name := range []string{"esa.h", "libesa.a"} {
		// The library for glibc, which links here, takes the place of the one for musl.
		if err := os.Rename(filepath.Join(platform, name), filepath.Join(platform+"_musl", name)); err != nil {
			t.Fatal(err)
		}
	}

	module.build(t, nil, "-tags", "musl")

	module.expectRecord(t)
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

// librariesOf returns the shared libraries that a program needs.
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
