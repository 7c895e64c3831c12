// The part of test_standards.cpp's program that is compiled without exceptions.
#include <esa.hpp>

#if defined(__cpp_exceptions)
#error "to be compiled with -fno-exceptions"
#endif

bool fails_without_exceptions() {
    esa::Config config;
    config.region = "nowhere-1";
    const auto client = esa::Client::make(config);
    return client ? client->stats().calls > 0 : client.error().status() == ESA_ERR_CONFIG;
}
