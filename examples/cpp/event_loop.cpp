// event_loop: ties domain names to a routine as they arrive on standard input, many at a time on one thread.
//
// The loop is the program's own, poll(2), and would be any other in the same way: it watches standard input, and for
// all calls together the one descriptor of an esa::Multi. Credentials, region and endpoint come from the environment.
// Ctrl-C ends it in good order; a second one kills.
#include <esa.hpp>

#include <cerrno>
#include <csignal>
#include <iostream>
#include <poll.h>
#include <system_error>
#include <unistd.h>

namespace {

enum ExitStatus { all_fine = 0, bad_arguments = 2, some_failed = 3, was_interrupted = 130 };

// While so many calls are under way, no more names are read.
constexpr std::size_t most_calls = 100;

constexpr std::string_view usage = "usage: event_loop ROUTINE\n";

constexpr std::string_view help = R"(
Ties each domain name on standard input, one a line, to a routine, so that requests for it run
the routine. Says what came of each as soon as it is known, while others are under way.

  --help  show this

Environment: ALIBABA_CLOUD_ACCESS_KEY_ID, ALIBABA_CLOUD_ACCESS_KEY_SECRET,
ALIBABA_CLOUD_SECURITY_TOKEN, ALIBABA_CLOUD_REGION_ID, ESA_ENDPOINT.

Exit status: 0 all names are tied; 2 invalid argument; 3 some failed; 130 interrupted. Run it
again for those that are left.
)";

// Says what went wrong with `what`.
void report(std::string_view what, const esa::Error &error) {
    std::cerr << what << ": " << (error.code().empty() ? esa_status_name(error.status()) : error.code()) << ": "
              << error.message() << "\n  advice: " << error.advice() << '\n';
}

// The names on standard input.
class Names {
  public:
    // Reads what is there; `found` gets each name. False: there are no more.
    template <class Found> bool read(Found found) {
        char bytes[4096];
        const auto count = ::read(STDIN_FILENO, bytes, sizeof bytes);
        if (count < 0) {
            throw std::system_error(errno, std::generic_category(), "standard input");
        }
        // The last line may have no end.
        rest_ += count > 0 ? std::string_view(bytes, static_cast<std::size_t>(count)) : "\n";
        std::size_t begin = 0;
        for (std::size_t end; (end = rest_.find('\n', begin)) != rest_.npos; begin = end + 1) {
            if (end > begin) {
                found(rest_.substr(begin, end - begin));
            }
        }
        rest_.erase(0, begin);
        return count > 0;
    }

  private:
    std::string rest_;
};

// The calls, and what came of them.
class Calls {
  public:
    explicit Calls(std::string_view routine) : routine_(routine) {}

    int descriptor() const { return multi_.descriptor(); }
    std::size_t pending() const { return multi_.pending(); }
    void step() { multi_.step().value(); }

    void start(const std::string &name) {
        const auto callback = [this, name](const esa::EnsuredRecord &record) { finished(name, record); };
        names_++;
        const auto call =
            multi_.start<esa::EnsureRoutineRelatedRecord>(client_, {0, routine_, name}, callback, {&cancel_});
        if (!call) {
            report(name, call.error());
        }
    }

    // Their callbacks run in the next step.
    void cancel() { cancel_.trigger(); }

    // Says what came of all names.
    ExitStatus sum_up(bool interrupted) const {
        const auto failed = names_ - created_ - existing_;
        if (interrupted) {
            std::cerr << "interrupted: " << names_ - failed << " of " << names_
                      << " are tied; run it again for the rest\n";
            return was_interrupted;
        }
        std::cout << names_ << " names: " << created_ << " created, " << existing_ << " there already, " << failed
                  << " failed\n";
        return failed > 0 ? some_failed : all_fine;
    }

  private:
    void finished(const std::string &name, const esa::EnsuredRecord &record) {
        if (record) {
            const bool exists = record->origin == ESA_ORIGIN_EXISTING;
            (exists ? existing_ : created_)++;
            std::cout << name << (exists ? ": there already" : ": created") << std::endl;
        } else if (record.error().status() != ESA_ERR_CANCELLED) {
            report(name, record.error());
        }
    }

    const std::string routine_;
    const esa::Client client_;
    const esa::Cancel cancel_;
    std::size_t names_ = 0, created_ = 0, existing_ = 0;
    esa::Multi multi_;
};

volatile std::sig_atomic_t interrupted = 0;

// Ctrl-C arrives while the loop waits, and at no other time; what is returned is the mask to wait with.
sigset_t catch_interrupts() {
    std::signal(SIGINT, [](int) {
        std::signal(SIGINT, SIG_DFL);
        interrupted = 1;
    });
    sigset_t interrupts, mask;
    sigemptyset(&interrupts);
    sigaddset(&interrupts, SIGINT);
    sigprocmask(SIG_BLOCK, &interrupts, &mask);
    sigdelset(&mask, SIGINT);
    return mask;
}

ExitStatus bind_names(std::string_view routine) {
    Names names;
    Calls calls(routine);
    const sigset_t mask = catch_interrupts();
    bool reading = true;
    while (reading || calls.pending() > 0) {
        // A negative descriptor isn't watched.
        pollfd watched[] = {{reading && calls.pending() < most_calls ? STDIN_FILENO : -1, POLLIN, 0},
                            {calls.descriptor(), POLLIN, 0}};
        if (ppoll(watched, 2, nullptr, &mask) < 0) {
            if (errno != EINTR) {
                throw std::system_error(errno, std::generic_category(), "poll");
            }
            if (interrupted) {
                reading = false;
                calls.cancel();
            }
            continue;
        }
        if (watched[0].revents != 0) {
            reading = names.read([&calls](const std::string &name) { calls.start(name); });
        }
        if (watched[1].revents != 0) {
            calls.step();
        }
    }
    return calls.sum_up(interrupted != 0);
}

} // namespace

int main(int argc, char **argv) {
    const std::vector<std::string_view> arguments(argv + 1, argv + argc);
    if (arguments.size() == 1 && arguments[0] == "--help") {
        std::cout << usage << help;
        return all_fine;
    }
    if (arguments.size() != 1 || arguments[0].empty() || arguments[0][0] == '-') {
        std::cerr << usage;
        return bad_arguments;
    }
    try {
        return bind_names(arguments[0]);
    } catch (const esa::Error &error) {
        report("error", error);
        return some_failed;
    } catch (const std::system_error &error) {
        std::cerr << "event_loop: " << error.what() << '\n';
        return some_failed;
    }
}
