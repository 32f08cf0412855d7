/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/fake/fake_state.h"

#include <stdlib.h>
#include <string.h>

/* ---- script ---- */

void fake_daemon_set(enum fake_daemon state)
{
    pthread_mutex_lock(&fake.lock);
    fake.daemon = state;
    pthread_cond_broadcast(&fake.changed);
    pthread_mutex_unlock(&fake.lock);
}

void fake_daemon_drop(int reason)
{
    pthread_mutex_lock(&fake.lock);
    for (struct fake_object *object = fake.objects; object; object = object->next) {
        virConnectPtr connection = (virConnectPtr)object;
        if (!fake_object_is_live(object, FAKE_CONNECTION) || !connection->is_alive)
            continue;
        connection->is_alive = false;
        connection->close_reason = reason;
        if (connection->on_close)
            fake_events_add_close(connection);
    }
    pthread_cond_broadcast(&fake.changed);
    pthread_mutex_unlock(&fake.lock);
}

static void set_text(char **text, const char *value)
{
    pthread_mutex_lock(&fake.lock);
    free(*text);
    *text = fake_copy(value);
    pthread_mutex_unlock(&fake.lock);
}

void fake_host_set_driver(const char *type)
{
    set_text(&fake.driver, type);
}

void fake_host_set_uri(const char *uri)
{
    set_text(&fake.uri, uri);
}

void fake_host_require_login(const char *user, const char *password)
{
    set_text(&fake.user, user);
    set_text(&fake.password, password);
}

/* ---- opening and closing ---- */

/* Asks the caller, without the lock, since he may take his time. */
static bool login(virConnectAuthPtr auth, const char *user, const char *password)
{
    virConnectCredential asked[2] = {
        {.type = VIR_CRED_AUTHNAME, .prompt = "Username", .challenge = "fake"},
        {.type = VIR_CRED_PASSPHRASE, .prompt = "Password", .challenge = "fake"},
    };
    bool has_answered = auth && auth->cb && auth->cb(asked, 2, auth->cbdata) == 0;
    bool is_right = has_answered && asked[0].result && asked[1].result && !strcmp(asked[0].result, user) &&
                    !strcmp(asked[1].result, password);
    free(asked[0].result);
    free(asked[1].result);
    return is_right;
}

static bool let_in(struct fake_call *call, virConnectAuthPtr auth)
{
    if (fake.daemon == FAKE_DAEMON_REFUSES) {
        fake_error_set(VIR_ERR_SYSTEM_ERROR, VIR_FROM_RPC,
                       "Failed to connect socket to '/run/libvirt/libvirt-sock-ro': Connection refused");
        return false;
    }
    if (!fake.user)
        return true;
    char *user = fake_copy(fake.user), *password = fake_copy(fake.password);
    (void)call;
    pthread_mutex_unlock(&fake.lock);
    bool is_right = login(auth, user, password);
    pthread_mutex_lock(&fake.lock);
    free(user);
    free(password);
    if (!is_right)
        fake_error_set(VIR_ERR_AUTH_FAILED, VIR_FROM_AUTH, "authentication failed: Failed to complete the login");
    return is_right;
}

static virConnectPtr open_connection(const char *function, const char *uri, virConnectAuthPtr auth, bool is_read_only)
{
    struct fake_call call;
    if (!fake_begin_open(&call, function))
        return NULL;
    virConnectPtr connection = NULL;
    if (let_in(&call, auth)) {
        connection = fake_object_new(FAKE_CONNECTION, sizeof *connection, NULL);
        connection->uri = fake_copy(uri && *uri ? uri : fake.uri);
        connection->is_read_only = is_read_only;
        connection->is_alive = true;
        connection->has_event_loop = fake_events_has_loop();
        fake.usage.read_write_connections += !is_read_only;
        if (fake.usage.connections > fake.usage.connections_max)
            fake.usage.connections_max = fake.usage.connections;
    }
    fake_end(&call);
    return connection;
}

virConnectPtr virConnectOpen(const char *name)
{
    return open_connection(__func__, name, NULL, false);
}

virConnectPtr virConnectOpenReadOnly(const char *name)
{
    return open_connection(__func__, name, NULL, true);
}

virConnectPtr virConnectOpenAuth(const char *name, virConnectAuthPtr auth, unsigned flags)
{
    return open_connection(__func__, name, auth, flags & VIR_CONNECT_RO);
}

int virConnectRef(virConnectPtr conn)
{
    if (!fake_begin_local(__func__, FAKE_CONNECTION, conn))
        return -1;
    conn->object.references++;
    fake_end_local();
    return 0;
}

/* The last reference says goodbye to the daemon, which hangs when the daemon does. */
int virConnectClose(virConnectPtr conn)
{
    struct fake_call call;
    if (!fake_begin_local(__func__, FAKE_CONNECTION, conn))
        return -1;
    bool says_goodbye = conn->object.references == 1 && conn->is_alive;
    fake_end_local();
    bool is_inside = says_goodbye && fake_begin(&call, __func__, FAKE_CONNECTION, conn);
    if (is_inside)
        fake_leave(&call);
    else
        pthread_mutex_lock(&fake.lock);
    int remaining = fake_object_unref(&conn->object);
    fake_end_local();
    return remaining;
}

int virConnectIsAlive(virConnectPtr conn)
{
    if (!fake_begin_local(__func__, FAKE_CONNECTION, conn))
        return -1;
    int is_alive = conn->is_alive;
    fake_end_local();
    return is_alive;
}

int virConnectSetKeepAlive(virConnectPtr conn, int interval, unsigned count)
{
    (void)interval;
    (void)count;
    if (!fake_begin_local(__func__, FAKE_CONNECTION, conn))
        return -1;
    int result = conn->has_event_loop ? 0 : -1;
    if (result < 0)
        fake_error_set(VIR_ERR_INTERNAL_ERROR, VIR_FROM_RPC,
                       "internal error: the caller doesn't support keepalive protocol; perhaps it's missing event "
                       "loop implementation");
    fake_end_local();
    return result;
}

/* ---- what a connection knows of itself ---- */

char *virConnectGetURI(virConnectPtr conn)
{
    if (!fake_begin_local(__func__, FAKE_CONNECTION, conn))
        return NULL;
    char *uri = fake_copy(conn->uri);
    fake_end_local();
    return uri;
}

const char *virConnectGetType(virConnectPtr conn)
{
    struct fake_call call;
    if (!fake_begin(&call, __func__, FAKE_CONNECTION, conn))
        return NULL;
    const char *type = fake.driver;
    fake_end(&call);
    return type;
}

char *virConnectGetHostname(virConnectPtr conn)
{
    struct fake_call call;
    if (!fake_begin(&call, __func__, FAKE_CONNECTION, conn))
        return NULL;
    fake_end(&call);
    return fake_copy("fake.example.org");
}

static int number(const char *function, virConnectPtr conn, int value)
{
    struct fake_call call;
    if (!fake_begin(&call, function, FAKE_CONNECTION, conn))
        return -1;
    fake_end(&call);
    return value;
}

int virConnectGetVersion(virConnectPtr conn, unsigned long *hvVer)
{
    *hvVer = 7002000;
    return number(__func__, conn, 0);
}

int virConnectGetLibVersion(virConnectPtr conn, unsigned long *libVer)
{
    *libVer = LIBVIR_VERSION_NUMBER;
    return number(__func__, conn, 0);
}

int virConnectIsSecure(virConnectPtr conn)
{
    return number(__func__, conn, 1);
}

int virConnectIsEncrypted(virConnectPtr conn)
{
    return number(__func__, conn, 0);
}

int virConnectGetMaxVcpus(virConnectPtr conn, const char *type)
{
    (void)type;
    return number(__func__, conn, 288);
}

/* ---- the library ---- */

int virInitialize(void)
{
    fake_error_clear();
    return 0;
}

int virGetVersion(unsigned long *libVer, const char *type, unsigned long *typeVer)
{
    (void)type;
    fake_error_clear();
    *libVer = LIBVIR_VERSION_NUMBER;
    if (typeVer)
        *typeVer = LIBVIR_VERSION_NUMBER;
    return 0;
}
