// The part of test_standards.cpp's program that is compiled as C++20 and as C++23; PART is the name of its functions.
#include "standards.hpp"

#define NAMED_(name, part) name##_##part
#define NAMED(name, part) NAMED_(name, part)

namespace newer {

std::vector<std::size_t> NAMED(sizes, PART)() { return sizes(); }

esa::Result<esa::GetMatchSiteResult> NAMED(find, PART)(const esa::Client &client,
                                                       const esa::GetMatchSiteRequest &request) {
    return client.get_match_site(request);
}

esa::Client NAMED(client, PART)(const esa::Config &config) { return esa::Client(config); }

} // namespace newer
