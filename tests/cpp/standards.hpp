// What the files of test_standards.cpp's program call of each other. Each of them has another standard.
#ifndef STANDARDS_HPP
#define STANDARDS_HPP

#include <esa.hpp>

// The part that is compiled as C++20, and as C++23.
namespace newer {

std::vector<std::size_t> sizes_cxx20();
std::vector<std::size_t> sizes_cxx23();
esa::Result<esa::GetMatchSiteResult> find_cxx20(const esa::Client &client, const esa::GetMatchSiteRequest &request);
esa::Result<esa::GetMatchSiteResult> find_cxx23(const esa::Client &client, const esa::GetMatchSiteRequest &request);
esa::Client client_cxx20(const esa::Config &config);
esa::Client client_cxx23(const esa::Config &config);

} // namespace newer

// The part that is compiled without exceptions: whether it gets an error as a value.
bool fails_without_exceptions();

inline std::vector<std::size_t> sizes() {
    return {sizeof(esa::Error),
            sizeof(esa::Result<int>),
            sizeof(esa::Result<esa::EnsuredRecords>),
            sizeof(esa::Credentials),
            sizeof(esa::WriteLock),
            sizeof(esa::Config),
            sizeof(esa::Cancel),
            sizeof(esa::CallOptions),
            sizeof(esa::CreateRoutineRelatedRecordRequest),
            sizeof(esa::CreateRoutineRelatedRecordResult),
            sizeof(esa::EnsureRoutineRelatedRecordsRequest),
            sizeof(esa::DeleteRoutineRelatedRecordRequest),
            sizeof(esa::DeleteRoutineRelatedRecordResult),
            sizeof(esa::ListRoutineRelatedRecordsRequest),
            sizeof(esa::ListRoutineRelatedRecordsResult),
            sizeof(esa::GetMatchSiteRequest),
            sizeof(esa::GetMatchSiteResult),
            sizeof(esa::CallActionRequest),
            sizeof(esa::CallActionResult),
            sizeof(esa::SignedRequest),
            sizeof(esa::SignWithOptions),
            sizeof(esa::Reply),
            sizeof(esa::Client),
            sizeof(esa::Pending),
            sizeof(esa::Multi)};
}

#endif
