// Runs one of the recipes; test_recipes.py makes recipes.h of the document.
#include <esa.hpp>
#include <iostream>

#include "recipes.h"

int main(int, char **argv) {
    if (std::string(argv[1]) == "bind") {
        const esa::Client client{esa::Config()};
        bind_domain(client, "test-routine1", "a.example.com");
        bind_domain(client, "test-routine1", "a.example.com");
    } else {
        const auto client = client_with_log(std::cerr);
        bind_domain(client, "test-routine1", "a.example.com");
    }
}
