#include <QCoreApplication>
#include <QSocketNotifier>
#include <esa.hpp>
#include <iostream>

#include "snippets.h"

int main(int argc, char **argv) {
    QCoreApplication application(argc, argv);
    const esa::Client client;
    esa::Multi multi;
    for (const char *name : {"a.example.com", "b.elsewhere.org", "c.example.com"}) {
        multi.start<esa::EnsureRoutineRelatedRecord>(
            client, {0, "test-routine1", name}, [name, &multi](const auto &record) {
                std::cout << name << ": " << (record ? esa_origin_name(record->origin) : record.error().message())
                          << "\n";
                if (multi.pending() == 0) {
                    QCoreApplication::quit();
                }
            });
    }
    QObject parent;
    watch_with_qt(&parent, multi);
    return application.exec();
}
