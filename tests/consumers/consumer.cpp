// The same in C++.
#include <cstdio>
#include <esa.hpp>

int main() {
    const auto client = esa::Client::make();
    if (!client) {
        std::printf("%s\n", client.error().what());
        return 1;
    }
    const auto record = client->ensure_routine_related_record({0, "test-routine1", "consumer.example.com"});
    std::printf("%s\n", record ? record->status.c_str() : record.error().what());
    return record ? 0 : 1;
}
