// Runs one of the recipes; test_recipes.py makes recipes.h of the document.
#include <algorithm>
#include <esa.hpp>
#include <iostream>

#include "recipes.h"

int main(int, char **argv) {
    const std::string recipe = argv[1];
    const esa::Client client{esa::Config()};
    if (recipe == "bind") {
        bind_domain(client, "test-routine1", "a.example.com");
        bind_domain(client, "test-routine1", "a.example.com");
    } else if (recipe == "bulk") {
        std::cout << bind_domains(client, "test-routine1", {"a.example.com", "b.example.net", "c.example.com"})
                  << " failed\n";
    } else {
        bind_domain(client_with_log(std::cerr), "test-routine1", "a.example.com");
    }
}
