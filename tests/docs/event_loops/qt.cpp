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
        const auto callback = [name, &multi](const esa::EnsuredRecord &record) {
            std::cout << name << ": " << (record ? esa_origin_name(record->origin) : record.error().message()) << "\n";
            if (multi.pending() == 0) {
                QCoreApplication::quit();
            }
        };
        multi.start<esa::EnsureRoutineRelatedRecord>(client, {0, "test-routine1", name}, callback).value();
    }
    QObject parent;
    watch_with_qt(&parent, multi);
    return application.exec();
}
