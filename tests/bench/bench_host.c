/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/bench_host.h"
#include "tests/fake/fake_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

void bench_host_fill(unsigned domains)
{
    fake_host_reset();
    for (unsigned i = 0; i < domains; i++) {
        char name[32];
        snprintf(name, sizeof name, "instance-%08x", i * 7 + 1); /* as OpenStack names them */
        struct fake_domain_options options = {
            .name = name, .vcpus = BENCH_VCPUS, .disks = BENCH_DISKS, .interfaces = BENCH_INTERFACES};
        fake_host_add_domain_with(&options);
    }
}

void bench_host_sweep(void)
{
    pthread_mutex_lock(&fake.lock);
    for (struct fake_object **at = &fake.objects; *at;) {
        struct fake_object *object = *at;
        enum fake_kind kind = object->magic & 0xffff;
        if (object->references) {
            at = &object->next;
            continue;
        }
        *at = object->next;
        if (kind == FAKE_CONNECTION)
            free(((virConnectPtr)object)->uri);
        if (kind == FAKE_DOMAIN)
            free(((virDomainPtr)object)->name);
        free(object);
    }
    pthread_mutex_unlock(&fake.lock);
}

void bench_host_grow(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    pthread_mutex_lock(&fake.lock);
    fake.growth = (unsigned long long)now.tv_sec % 10000000 * 1000 + (unsigned long long)now.tv_nsec / 1000000;
    pthread_mutex_unlock(&fake.lock);
}
