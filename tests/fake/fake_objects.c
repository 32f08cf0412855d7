/* SPDX-License-Identifier: Apache-2.0 */
/* Objects of which only the number matters. */
#include "tests/fake/fake_state.h"

#include <stdlib.h>

static int number(const char *function, virConnectPtr connection, int value)
{
    struct fake_call call;
    if (!fake_begin(&call, function, FAKE_CONNECTION, connection))
        return -1;
    fake_end(&call);
    return value;
}

int virConnectNumOfInterfaces(virConnectPtr conn)
{
    return number(__func__, conn, 3);
}

int virConnectNumOfDefinedInterfaces(virConnectPtr conn)
{
    return number(__func__, conn, 2);
}

int virConnectNumOfSecrets(virConnectPtr conn)
{
    return number(__func__, conn, 1);
}

int virConnectNumOfNWFilters(virConnectPtr conn)
{
    return number(__func__, conn, 4);
}

int virNodeNumOfDevices(virConnectPtr conn, const char *cap, unsigned flags)
{
    (void)cap;
    (void)flags;
    return number(__func__, conn, 40);
}

struct _virNWFilterBinding {
    struct fake_object object;
};

int virConnectListAllNWFilterBindings(virConnectPtr conn, virNWFilterBindingPtr **bindings, unsigned flags)
{
    enum { BINDINGS = 2 };
    struct fake_call call;
    (void)flags;
    if (!fake_begin(&call, __func__, FAKE_CONNECTION, conn))
        return -1;
    *bindings = fake_alloc((BINDINGS + 1) * sizeof **bindings);
    for (unsigned i = 0; i < BINDINGS; i++)
        (*bindings)[i] = fake_object_new(FAKE_BINDING, sizeof(struct _virNWFilterBinding), conn);
    fake_end(&call);
    return BINDINGS;
}

int virNWFilterBindingFree(virNWFilterBindingPtr binding)
{
    if (!fake_begin_local(__func__, FAKE_BINDING, binding))
        return -1;
    fake_object_unref(&binding->object);
    fake_end_local();
    return 0;
}
