"""Runs one of the recipes; test_recipes.py makes the module of the document."""

import logging
import os
import sys
from pathlib import Path

import libesa
import recipes  # type: ignore[import-not-found]

ROUTINE = "test-routine1"
SITE_ID = 54362329990032


def proxied() -> None:
    try:
        recipes.client_behind(os.environ["PROXY"]).get_match_site(record_name="a.example.com")
    except libesa.EsaError as error:
        print(error.status.name)


def rotate() -> None:
    client = recipes.client_of_file(Path(os.environ["KEY_FILE"]))
    recipes.bind_domain(client, ROUTINE, "a.example.com")
    print(client.credentials_source)


def log() -> None:
    logging.basicConfig(stream=sys.stderr)
    client = recipes.client_with_log()
    recipes.bind_domain(client, ROUTINE, "a.example.com")
    recipes.print_stats(client)


def main(recipe: str) -> None:
    client = libesa.Client()
    if recipe == "bind":
        recipes.bind_domain(client, ROUTINE, "a.example.com")
        recipes.bind_domain(client, ROUTINE, "a.example.com")
    elif recipe == "served":
        print(*recipes.missing(client, "a.example.com"), sep="\n")
    elif recipe == "bulk":
        names = ["a.example.com", "b.example.net", "c.example.com"]
        print(recipes.bind_domains(client, ROUTINE, names), "failed")
    elif recipe == "clean":
        recipes.clean_up(client, ROUTINE)
    elif recipe == "rotate":
        rotate()
    elif recipe == "proxy":
        proxied()
    elif recipe == "accounts":
        names = {f"id{account}": f"a.account{account}.example" for account in (1, 2)}
        recipes.bind_everywhere({name: (name, "secret") for name in names}, ROUTINE, names)
    elif recipe == "log":
        log()
    elif recipe == "surely":
        print(recipes.create_surely(client, ROUTINE, SITE_ID, "a.example.com").origin.name)


if __name__ == "__main__":
    main(sys.argv[1])
