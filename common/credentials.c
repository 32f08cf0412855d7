/* SPDX-License-Identifier: Apache-2.0 */
#include "common/credentials.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

enum { FILE_MAX = 4096, ACL_ENTRIES_MAX = 64 };

struct vmt_credentials {
    char *username, *password; /* NULL: not known */
};

/*
 * Whether more than the owner, and users named one by one, has access. With an access list the mode's group bits are
 * only the mask of the list: systemd's LoadCredential= grants a service's user its file that way.
 */
static bool is_shared(int fd, mode_t mode)
{
    struct {
        struct posix_acl_xattr_header header;
        struct posix_acl_xattr_entry entries[ACL_ENTRIES_MAX];
    } list;
    ssize_t size = fgetxattr(fd, "system.posix_acl_access", &list, sizeof list);
    if (size < (ssize_t)sizeof list.header)
        return mode & (S_IRWXG | S_IRWXO);
    size_t count = ((size_t)size - sizeof list.header) / sizeof *list.entries;
    for (size_t i = 0; i < count; i++) {
        unsigned tag = le16toh(list.entries[i].e_tag);
        bool is_named = tag == ACL_USER_OBJ || tag == ACL_USER || tag == ACL_MASK;
        if (!is_named && le16toh(list.entries[i].e_perm))
            return true;
    }
    return false;
}

static int check(int fd, const char *path, struct vmt_error *error)
{
    struct stat status;
    if (fstat(fd, &status) < 0)
        return vmt_error_set(error, -errno, "credentials file '%s': %s", path, strerror(errno));
    if (!S_ISREG(status.st_mode))
        return vmt_error_set(error, -EINVAL, "credentials file '%s' is not a regular file", path);
    if (is_shared(fd, status.st_mode))
        return vmt_error_set(error, -EACCES, "credentials file '%s' is open to its group or to others: chmod 600 it",
                             path);
    return 0;
}

/* Reads the whole file into `text` of FILE_MAX bytes. No stdio: its buffers would keep the password. */
static int read_file(const char *path, char *text, size_t *ret_length, struct vmt_error *error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0)
        return vmt_error_set(error, -errno, "credentials file '%s': %s", path, strerror(errno));
    size_t length = 0;
    ssize_t got = 0;
    int result = check(fd, path, error);
    if (result < 0)
        goto cleanup;
    do {
        got = read(fd, text + length, FILE_MAX - length);
        length += got > 0 ? (size_t)got : 0;
    } while ((got > 0 && length < FILE_MAX) || (got < 0 && errno == EINTR));
    if (got < 0)
        result = vmt_error_set(error, -errno, "credentials file '%s': %s", path, strerror(errno));
    else if (length == FILE_MAX)
        result = vmt_error_set(error, -EINVAL, "credentials file '%s' has %d bytes or more", path, FILE_MAX);
    *ret_length = length;
cleanup:
    close(fd);
    return result;
}

/* 0, -EINVAL when the line is none that belongs here, -EEXIST when it is a second one, or -ENOMEM. */
static int parse_line(struct vmt_credentials *credentials, const char *line, size_t length)
{
    const struct {
        const char *key;
        char **text;
    } rows[] = {{"username=", &credentials->username}, {"password=", &credentials->password}};
    if (length == 0 || line[0] == '#')
        return 0;
    if (memchr(line, '\0', length))
        return -EINVAL;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t key_length = strlen(rows[i].key);
        if (length < key_length || memcmp(line, rows[i].key, key_length) != 0)
            continue;
        if (*rows[i].text)
            return -EEXIST;
        *rows[i].text = strndup(line + key_length, length - key_length);
        return *rows[i].text ? 0 : -ENOMEM;
    }
    return -EINVAL;
}

static int parse(struct vmt_credentials *credentials, const char *path, const char *text, size_t length,
                 struct vmt_error *error)
{
    const char *end = text + length;
    for (unsigned number = 1; text < end; number++) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        const char *line_end = newline ? newline : end;
        size_t line_length = (size_t)(line_end - text);
        if (line_length && line_end[-1] == '\r')
            line_length--;
        int result = parse_line(credentials, text, line_length);
        if (result == -ENOMEM)
            return vmt_error_set(error, result, "credentials file '%s': no memory", path);
        if (result < 0)
            return vmt_error_set(error, -EINVAL, "credentials file '%s', line %u: %s", path, number,
                                 result == -EEXIST ? "given a second time"
                                                   : "neither 'username=TEXT' nor 'password=TEXT'");
        text = newline ? newline + 1 : end;
    }
    if (!credentials->username && !credentials->password)
        return vmt_error_set(error, -EINVAL, "credentials file '%s' has neither a username nor a password", path);
    return 0;
}

int vmt_credentials_load(const char *path, struct vmt_credentials **ret_credentials, struct vmt_error *error)
{
    char text[FILE_MAX];
    size_t length = 0;
    int result = read_file(path, text, &length, error);
    if (result < 0)
        goto cleanup;
    struct vmt_credentials *credentials = calloc(1, sizeof *credentials);
    result = credentials ? parse(credentials, path, text, length, error)
                         : vmt_error_set(error, -ENOMEM, "credentials file '%s': no memory", path);
    if (result < 0)
        vmt_credentials_free(credentials);
    else
        *ret_credentials = credentials;
cleanup:
    explicit_bzero(text, sizeof text);
    return result;
}

static void wipe(char *text)
{
    if (text)
        explicit_bzero(text, strlen(text));
    free(text);
}

void vmt_credentials_free(struct vmt_credentials *credentials)
{
    if (!credentials)
        return;
    wipe(credentials->username);
    wipe(credentials->password);
    free(credentials);
}

static const char *find_answer(const struct vmt_credentials *credentials, int question)
{
    if (!credentials)
        return NULL;
    switch (question) {
    case VIR_CRED_USERNAME:
    case VIR_CRED_AUTHNAME:
        return credentials->username;
    case VIR_CRED_PASSPHRASE:
    case VIR_CRED_NOECHOPROMPT:
        return credentials->password;
    default:
        return NULL;
    }
}

static int answer(virConnectCredentialPtr questions, unsigned count, void *arg)
{
    for (unsigned i = 0; i < count; i++)
        if (!find_answer(arg, questions[i].type))
            return -1;
    for (unsigned i = 0; i < count; i++) {
        questions[i].result = strdup(find_answer(arg, questions[i].type));
        if (!questions[i].result)
            return -1;
        questions[i].resultlen = (unsigned)strlen(questions[i].result);
    }
    return 0;
}

void vmt_credentials_auth(struct vmt_credentials *credentials, virConnectAuth *ret_auth)
{
    static const int questions[] = {VIR_CRED_USERNAME, VIR_CRED_AUTHNAME, VIR_CRED_PASSPHRASE, VIR_CRED_NOECHOPROMPT};
    *ret_auth = (virConnectAuth){
        .credtype = (int *)questions, /* libvirt only reads it */
        .ncredtype = sizeof questions / sizeof *questions,
        .cb = answer,
        .cbdata = credentials,
    };
}

static bool uses_ssh(const char *uri)
{
    static const char *const transports[] = {"+ssh", "+libssh", "+libssh2"};
    size_t scheme_length = strcspn(uri, ":");
    const char *plus = memchr(uri, '+', scheme_length);
    if (!plus || uri[scheme_length] == '\0')
        return false;
    size_t length = scheme_length - (size_t)(plus - uri);
    for (size_t i = 0; i < sizeof transports / sizeof *transports; i++)
        if (strlen(transports[i]) == length && !strncasecmp(transports[i], plus, length))
            return true;
    return false;
}

/* Whether the query between `text` and `end` has a parameter called `name`; libvirt takes `;` for `&` too. */
static bool has_parameter(const char *text, const char *end, const char *name)
{
    size_t name_length = strlen(name);
    while (text < end) {
        size_t length = strcspn(text, "&;#");
        if (length >= name_length && !strncasecmp(text, name, name_length) &&
            (length == name_length || text[name_length] == '='))
            return true;
        text += length + 1;
    }
    return false;
}

int vmt_uri_without_prompt(const char *uri, char **ret_uri)
{
    char *copy = NULL;
    const char *end = uri ? uri + strcspn(uri, "#") : NULL;
    const char *mark = uri ? memchr(uri, '?', (size_t)(end - uri)) : NULL;
    if (uri && uses_ssh(uri) && !(mark && has_parameter(mark + 1, end, "no_tty"))) {
        const char *separator = !mark ? "?" : strchr("?&;", end[-1]) ? "" : "&";
        if (asprintf(&copy, "%.*s%sno_tty=1%s", (int)(end - uri), uri, separator, end) < 0)
            return -ENOMEM;
    } else if (uri) {
        copy = strdup(uri);
        if (!copy)
            return -ENOMEM;
    }
    *ret_uri = copy;
    return 0;
}
