// Runs one of the examples; test_actions.py makes actions.h of the document.
#include <esa.hpp>
#include <iostream>

#include "actions.h"

int main(int, char **argv) {
    const std::string example = argv[1];
    const esa::Client client{esa::Config()};
    if (example == "create") {
        create_routine(client);
    } else {
        std::cout << apply_for_certificates(client, std::stoll(argv[2]), "example.com,www.example.com") << "\n";
    }
}
