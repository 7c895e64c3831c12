// The emulator of the service as a C++ object: runs from construction to destruction. Throws std::runtime_error.
#ifndef ESA_EMULATOR_HPP
#define ESA_EMULATOR_HPP

#include "esa_emulator.h"

#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>

namespace esa {

class Emulator {
  public:
    // See esa_emulator_start().
    explicit Emulator(const char *seed_file = nullptr, bool tls = false) : emulator_(new esa_emulator()) {
        const esa_emulator_options options{seed_file, tls};
        checked(esa_emulator_start(&options, emulator_.get()));
    }

    std::string url() const { return emulator_->url; }
    std::string access_key_id() const { return emulator_->access_key_id; }
    std::string access_key_secret() const { return emulator_->access_key_secret; }
    std::string site_name() const { return emulator_->site_name; }
    std::string routine() const { return emulator_->routine; }
    std::string ca_file() const { return emulator_->ca_file; }
    std::int64_t site_id() const noexcept { return emulator_->site_id; }

    void reset() { checked(esa_emulator_reset(emulator_.get())); }
    void post(const char *resource, const std::string &json) {
        checked(esa_emulator_post(emulator_.get(), resource, json.c_str()));
    }
    std::string get(const char *resource) {
        char *json = nullptr;
        checked(esa_emulator_get(emulator_.get(), resource, &json));
        const std::unique_ptr<char, decltype(&std::free)> owned(json, &std::free);
        return json;
    }

  private:
    struct Stop {
        void operator()(esa_emulator *emulator) const noexcept {
            esa_emulator_stop(emulator);
            delete emulator;
        }
    };

    void checked(int result) const {
        if (result != 0) {
            throw std::runtime_error(emulator_->error);
        }
    }

    std::unique_ptr<esa_emulator, Stop> emulator_;
};

} // namespace esa

#endif
