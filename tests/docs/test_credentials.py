"""The credentials functions that docs/credentials.md and the bindings' manuals show are compiled and run."""

from pathlib import Path

import pytest
from programs import ROOT, part, run_program

# The program around each, with SNIPPET in its place: a vault, and a call.
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
    const auto site = client.get_match_site({"a.example.com"}).value();
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
    document = of_a_binding if of_a_binding.exists() else ROOT / "docs" / "credentials.md"
    program = AROUND_PROVIDERS[language].replace("SNIPPET", part(document, language, "vault"))
    environment["VAULT_ID"] = environment.pop("ALIBABA_CLOUD_ACCESS_KEY_ID")
    environment["VAULT_SECRET"] = environment.pop("ALIBABA_CLOUD_ACCESS_KEY_SECRET")

    assert run_program(language, program, tmp_path, environment) == "callback example.com\n"
