// bind_domains: ties many domain names to a routine. Run again with the same names, it does what is left to do.
//
// Credentials, region and endpoint come from the environment. Ctrl-C ends it in good order; a second one kills.
#include <esa.hpp>

#include <charconv>
#include <csignal>
#include <fstream>
#include <iostream>
#include <unistd.h>

namespace {

enum ExitStatus { all_fine = 0, bad_arguments = 2, some_failed = 3, was_interrupted = 130 };

// How wide the bar is on a terminal, and after how many records there is a line elsewhere.
constexpr std::size_t bar_width = 40, line_every = 100;

constexpr std::string_view usage = "usage: bind_domains --routine NAME [--site-id ID] FILE\n";

constexpr std::string_view help = R"(
Ties each domain name in FILE to a routine, so that requests for it run the routine. Those that
are tied to it already stay as they are.

  FILE            a name in each line; what follows a # is a comment; - for standard input
  --routine NAME  the routine
  --site-id ID    the site; without it, each name's own site is found
  --help          show this

Environment: ALIBABA_CLOUD_ACCESS_KEY_ID, ALIBABA_CLOUD_ACCESS_KEY_SECRET,
ALIBABA_CLOUD_SECURITY_TOKEN, ALIBABA_CLOUD_REGION_ID, ESA_ENDPOINT.

Exit status: 0 all names are tied; 2 invalid argument; 3 some failed; 130 interrupted. Run it
again for those that are left.
)";

struct Arguments {
    std::string routine;
    std::int64_t site_id = 0;
    std::string file;
    bool help = false;
};

// Nothing where they are wrong.
std::optional<Arguments> parse(const std::vector<std::string_view> &given) {
    Arguments arguments;
    std::size_t next = 0;
    for (; next < given.size() && given[next].substr(0, 2) == "--"; next += 2) {
        if (given[next] == "--help") {
            arguments.help = true;
            return arguments;
        }
        if (next + 1 == given.size()) {
            return std::nullopt;
        }
        const auto value = given[next + 1];
        if (given[next] == "--routine") {
            arguments.routine = value;
        } else if (given[next] == "--site-id") {
            const auto [end, problem] = std::from_chars(value.data(), value.data() + value.size(), arguments.site_id);
            if (problem != std::errc() || end != value.data() + value.size() || arguments.site_id < 1) {
                return std::nullopt;
            }
        } else {
            return std::nullopt;
        }
    }
    if (given.size() != next + 1 || arguments.routine.empty()) {
        return std::nullopt;
    }
    arguments.file = given[next];
    return arguments;
}

// The names in a file: one in each line, without its comment and the blanks around.
std::vector<std::string> read_names(std::istream &file) {
    std::vector<std::string> names;
    for (std::string line; std::getline(file, line);) {
        constexpr auto blanks = " \t\r\v\f";
        line.resize(std::min(line.size(), line.find('#')));
        const auto begin = line.find_first_not_of(blanks);
        if (begin != line.npos) {
            names.push_back(line.substr(begin, line.find_last_not_of(blanks) + 1 - begin));
        }
    }
    return names;
}

std::optional<esa::Cancel> cancel;
volatile std::sig_atomic_t interrupted = 0;

void cancel_on_interrupt() {
    cancel.emplace();
    std::signal(SIGINT, [](int) {
        std::signal(SIGINT, SIG_DFL);
        interrupted = 1;
        cancel->trigger();
    });
}

bool on_terminal() { return isatty(STDERR_FILENO) != 0; }

void show_progress(std::size_t done, std::size_t count, std::size_t failed) {
    if (on_terminal()) {
        const auto filled = done * bar_width / count;
        std::cerr << "\r[" << std::string(filled, '#') << std::string(bar_width - filled, '.') << "] " << done << '/'
                  << count << ", " << failed << " failed" << (done == count ? "\n" : "");
    } else if (done % line_every == 0) {
        std::cerr << done << " of " << count << ", " << failed << " failed\n";
    }
}

// Says what went wrong with `what`.
void report(std::string_view what, const esa::Error &error) {
    std::cerr << what << ": " << (error.code().empty() ? esa_status_name(error.status()) : error.code()) << ": "
              << error.message() << "\n  advice: " << error.advice() << '\n';
}

// Says what came of all the records.
ExitStatus sum_up(const std::vector<std::string> &names, const esa::EnsuredRecords &all) {
    std::size_t created = 0, existing = 0;
    for (std::size_t i = 0; i < all.size(); i++) {
        if (all[i]) {
            (all[i]->origin == ESA_ORIGIN_EXISTING ? existing : created)++;
        } else if (all[i].error().status() != ESA_ERR_CANCELLED) {
            report(names[i], all[i].error());
        }
    }
    const auto failed = all.size() - created - existing;
    if (interrupted && failed > 0) {
        std::cerr << "interrupted: " << all.size() - failed << " of " << all.size()
                  << " are tied; run it again for the rest\n";
        return was_interrupted;
    }
    std::cout << all.size() << " names: " << created << " created, " << existing << " there already, " << failed
              << " failed\n";
    return failed > 0 ? some_failed : all_fine;
}

ExitStatus bind_domains(const Arguments &arguments, const std::vector<std::string> &names) {
    esa::EnsureRoutineRelatedRecordsRequest request;
    for (const auto &name : names) {
        request.records.push_back({arguments.site_id, arguments.routine, name});
    }
    std::size_t failed = 0;
    request.progress = [&](std::size_t done, std::size_t count, const esa::EnsuredRecord &last) {
        if (!interrupted) {
            failed += !last;
            show_progress(done, count, failed);
        }
        return !interrupted;
    };
    const esa::Client client;
    cancel_on_interrupt();
    const auto all = client.ensure_routine_related_records(request, {&*cancel}).value();
    if (interrupted && on_terminal()) {
        std::cerr << '\n';
    }
    return sum_up(names, all);
}

ExitStatus run(const std::vector<std::string_view> &given) {
    const auto arguments = parse(given);
    if (!arguments) {
        std::cerr << usage;
        return bad_arguments;
    }
    if (arguments->help) {
        std::cout << usage << help;
        return all_fine;
    }
    if (arguments->file == "-") {
        return bind_domains(*arguments, read_names(std::cin));
    }
    std::ifstream file(arguments->file);
    if (!file) {
        std::cerr << "bind_domains: " << arguments->file << ": can't be opened\n";
        return bad_arguments;
    }
    return bind_domains(*arguments, read_names(file));
}

} // namespace

int main(int argc, char **argv) {
    try {
        return run({argv + 1, argv + argc});
    } catch (const esa::Error &error) {
        report("error", error);
        return some_failed;
    }
}
