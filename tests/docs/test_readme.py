"""What README.md shows is compiled and run, and what it tells is what the library says."""

import ctypes
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from libesa.emulator import Emulator

ROOT = Path(__file__).resolve().parents[2]
STAGE = ROOT / "target" / "stage"
README = (ROOT / "README.md").read_text(encoding="utf-8")


def snippets(language: str, document: str = README) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", document, re.DOTALL | re.MULTILINE)


def snippet(language: str) -> str:
    """The one that is a whole program."""
    (found,) = [block for block in snippets(language) if "created record" in block]
    return found


def part(language: str, word: str, document: str = README) -> str:
    """The one that is part of a program, and has a word in it."""
    (found,) = [block for block in snippets(language, document) if word in block]
    return found


@pytest.fixture
def environment() -> Iterator[dict[str, str]]:
    with Emulator() as emulator:
        yield {
            **os.environ,
            "ESA_ENDPOINT": emulator.url,
            "ALIBABA_CLOUD_ACCESS_KEY_ID": emulator.access_key_id,
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": emulator.access_key_secret,
            # No other credentials that this machine has; empty is as good as unset.
            "ALIBABA_CLOUD_SECURITY_TOKEN": "",
            "ALIBABA_CLOUD_ECS_METADATA_DISABLED": "true",
        }


def run(command: list[str], environment: dict[str, str]) -> str:
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def compiled(compiler: list[str], source: Path, libraries: list[str], environment: dict[str, str]) -> str:
    program = source.with_suffix("")
    run([*compiler, str(source), f"-I{STAGE}/include", "-o", str(program), *libraries], environment)
    return str(program)


SHARED = [f"-L{STAGE}/lib", f"-Wl,-rpath,{STAGE}/lib", "-lesa"]
STATIC = [f"{STAGE}/lib/libesa.a", "-lm"]
STRICT = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"]


@pytest.mark.parametrize("libraries", [SHARED, STATIC], ids=["shared", "static"])
def test_c(libraries: list[str], tmp_path: Path, environment: dict[str, str]) -> None:
    source = tmp_path / "program.c"
    source.write_text(snippet("c"))

    program = compiled([os.environ.get("CC", "cc"), "-std=c99", *STRICT], source, libraries, environment)

    assert run([program], environment).startswith("created record ")


def test_cpp(tmp_path: Path, environment: dict[str, str]) -> None:
    source = tmp_path / "program.cpp"
    source.write_text(snippet("cpp"))

    program = compiled([os.environ.get("CXX", "c++"), "-std=c++17", *STRICT], source, SHARED, environment)

    assert run([program], environment).startswith("created record ")


def test_python(environment: dict[str, str]) -> None:
    assert run([sys.executable, "-c", snippet("python")], environment).startswith("created record ")


def run_go(program: str, environment: dict[str, str]) -> str:
    # Beside the examples, whose module knows where the package is.
    folder = ROOT / "examples" / "go" / "readme_snippet"
    folder.mkdir()
    try:
        (folder / "main.go").write_text(program)
        done = subprocess.run(
            [os.environ.get("GO", "go"), "run", "./readme_snippet"],
            cwd=folder.parent,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        shutil.rmtree(folder)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_go(environment: dict[str, str]) -> None:
    assert run_go(snippet("go"), environment).startswith("created record ")


# What the providers of credentials need around them, in the place of SNIPPET: a vault, and a call.
AROUND_PROVIDERS = {
    "c": r"""
#include <esa.h>
#include <stdio.h>
#include <stdlib.h>

struct secret { const char *id, *secret, *token; int64_t expires_at; };

static int read_vault(void *vault, uint32_t timeout_ms, struct secret *secret) {
    *secret = (struct secret){getenv("VAULT_ID"), getenv("VAULT_SECRET"), NULL, 4102444800};
    return vault == NULL && timeout_ms > 0 ? 0 : -1;
}

SNIPPET
int main(void) {
    esa_config *config = esa_config_new();
    esa_config_set_credentials_provider(config, from_vault, NULL);
    esa_client *client = NULL;
    esa_status status = esa_client_new(config, &client, NULL);
    esa_config_free(config);
    esa_get_match_site_request request = ESA_GET_MATCH_SITE_REQUEST_INIT;
    request.record_name = "a.example.com";
    esa_get_match_site_result *site = NULL;
    status = status == ESA_OK ? esa_get_match_site(client, &request, NULL, &site, NULL) : status;
    printf("%s %s\n", esa_client_credentials_source(client), status == ESA_OK ? site->site_name : "no site");
    esa_get_match_site_result_free(site);
    esa_client_free(client);
    return 0;
}
""",
    "cpp": r"""
#include <esa.hpp>
#include <iostream>

struct Secret {
    std::string id, secret, token;
    std::optional<std::chrono::system_clock::time_point> expires_at;
};

struct Vault {
    Secret read(std::chrono::milliseconds) const {
        return {std::getenv("VAULT_ID"), std::getenv("VAULT_SECRET"), "",
                std::chrono::system_clock::now() + std::chrono::hours(1)};
    }
};

int main() {
    const Vault vault;
    esa::Config config;
    SNIPPET
    const esa::Client client(config);
    const auto site = client.get_match_site({"a.example.com"});
    std::cout << client.credentials_source() << " " << site.site_name << std::endl;
}
""",
    "python": r"""
import datetime
import os
import types

import libesa

secret = types.SimpleNamespace(
    id=os.environ["VAULT_ID"],
    secret=os.environ["VAULT_SECRET"],
    token=None,
    expires_at=datetime.datetime(2100, 1, 1, tzinfo=datetime.timezone.utc),
)
vault = types.SimpleNamespace(read=lambda name, timeout: secret)

SNIPPET
site = client.get_match_site(record_name="a.example.com")
print(client.credentials_source, site.site_name)
""",
    "go": r"""
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/libesa/libesa/bindings/go"
)

type secret struct {
	ID, Secret, Token string
	Expires           time.Time
}

type anyVault struct{}

func (anyVault) Read(context.Context, string) (secret, error) {
	return secret{ID: os.Getenv("VAULT_ID"), Secret: os.Getenv("VAULT_SECRET"), Expires: time.Unix(4102444800, 0)}, nil
}

func main() {
	var vault anyVault
	SNIPPET
	if err != nil {
		log.Fatal(err)
	}
	site, err := client.GetMatchSite(context.Background(), esa.GetMatchSiteRequest{RecordName: "a.example.com"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(client.CredentialsSource(), site.SiteName)
}
""",
}


@pytest.mark.parametrize("language", AROUND_PROVIDERS)
def test_a_provider_of_credentials(language: str, tmp_path: Path, environment: dict[str, str]) -> None:
    of_a_binding = ROOT / "bindings" / language / "README.md"
    document = of_a_binding.read_text(encoding="utf-8") if of_a_binding.exists() else README
    program = AROUND_PROVIDERS[language].replace("SNIPPET", part(language, "vault", document))
    environment["VAULT_ID"] = environment.pop("ALIBABA_CLOUD_ACCESS_KEY_ID")
    environment["VAULT_SECRET"] = environment.pop("ALIBABA_CLOUD_ACCESS_KEY_SECRET")

    assert run_program(language, program, tmp_path, environment) == "callback example.com\n"


# What ensuring many records needs around it.
AROUND_MANY = {
    "c": r"""
#include <esa.h>
#include <stdio.h>

int main(void) {
    static const char *const names[] = {"a.example.com", "b.elsewhere.org", "c.example.com"};
    const size_t count = 3;
    esa_create_routine_related_record_request items[3];
    for (size_t i = 0; i < count; i++) {
        const esa_create_routine_related_record_request item = ESA_CREATE_ROUTINE_RELATED_RECORD_REQUEST_INIT;
        items[i] = item;
        items[i].name = "test-routine1";
        items[i].record_name = names[i];
    }
    esa_client *client = NULL;
    if (esa_client_new(NULL, &client, NULL) != ESA_OK) {
        return 1;
    }
    SNIPPET
    esa_client_free(client);
    return 0;
}
""",
    "cpp": r"""
#include <esa.hpp>
#include <iostream>

int main() {
    std::vector<esa::CreateRoutineRelatedRecordRequest> requests;
    for (const char *name : {"a.example.com", "b.elsewhere.org", "c.example.com"}) {
        requests.push_back({0, "test-routine1", name});
    }
    const esa::Client client;
    SNIPPET
}
""",
    "python": r"""
import libesa

names = ["a.example.com", "b.elsewhere.org", "c.example.com"]
client = libesa.Client()

SNIPPET
""",
    "go": r"""
package main

import (
	"context"
	"fmt"
	"log"

	"github.com/libesa/libesa/bindings/go"
)

func main() {
	var requests []esa.CreateRoutineRelatedRecordRequest
	for _, name := range []string{"a.example.com", "b.elsewhere.org", "c.example.com"} {
		requests = append(requests, esa.CreateRoutineRelatedRecordRequest{Name: "test-routine1", RecordName: name})
	}
	client, err := esa.New(esa.Config{})
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	SNIPPET
}
""",
}


@pytest.mark.parametrize("language", AROUND_MANY)
def test_many_records(language: str, tmp_path: Path, environment: dict[str, str]) -> None:
    ensure = "EnsureRoutineRelatedRecords" if language == "go" else "ensure_routine_related_records"
    program = AROUND_MANY[language].replace("SNIPPET", part(language, ensure))

    printed = run_program(language, program, tmp_path, environment)

    assert re.fullmatch(r"b\.elsewhere\.org: .*The website does not exist.*\n1 of 3 failed\n", printed)


def run_program(language: str, program: str, folder: Path, environment: dict[str, str]) -> str:
    source = folder / f"program.{language}"
    source.write_text(program)
    if language == "go":
        return run_go(program, environment)
    if language == "python":
        return run([sys.executable, str(source)], environment)
    compiler = {"c": [os.environ.get("CC", "cc"), "-std=c99"], "cpp": [os.environ.get("CXX", "c++"), "-std=c++17"]}
    return run([compiled([*compiler[language], *STRICT], source, SHARED, environment)], environment)


def test_pkg_config(tmp_path: Path, environment: dict[str, str]) -> None:
    if not shutil.which("pkg-config"):
        pytest.skip("pkg-config is not installed")
    source = tmp_path / "program.c"
    source.write_text(snippet("c"))
    environment["PKG_CONFIG_PATH"] = f"{STAGE}/lib/pkgconfig"
    flags = run(["pkg-config", "--cflags", "--libs", "libesa"], environment).split()

    program = compiled([os.environ.get("CC", "cc")], source, flags, environment)

    assert run([program], {**environment, "LD_LIBRARY_PATH": f"{STAGE}/lib"}).startswith("created record ")


def test_the_table_of_codes_is_what_the_library_says() -> None:
    library = ctypes.CDLL(os.environ["LIBESA_LIBRARY"])
    for name in ("esa_service_code_name", "esa_service_code_advice"):
        getattr(library, name).restype = ctypes.c_char_p
    documented = {
        library.esa_service_code_name(code).decode(): library.esa_service_code_advice(code).decode()
        for code in range(10, 20)
    }

    shown = dict(re.findall(r"^\| `(\w+)` \| `ESA_ERR_\w+` \| (.*) \|$", README, re.MULTILINE))

    assert shown == documented


def test_the_table_of_numbers_is_the_struct() -> None:
    (struct,) = re.findall(
        r"typedef struct esa_stats \{(.*?)\} esa_stats;", (STAGE / "include/esa.h").read_text(), re.DOTALL
    )
    (table,) = re.findall(r"^\| field of `esa_stats` .*?(?=^$)", README, re.DOTALL | re.MULTILINE)

    shown = [name for row in table.splitlines()[2:] for name in re.findall(r"`(\w+)`", row.split("|")[1])]

    assert shown == re.findall(r"uint64_t (\w+);", struct)
