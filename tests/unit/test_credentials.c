/* SPDX-License-Identifier: Apache-2.0 */
#include "common/credentials.h"

#include <errno.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cmocka.h>

#define NOBODY_KNOWS "?"

struct folder {
    char path[64], file[80];
};

static int make_folder(void **state)
{
    static struct folder folder;
    strcpy(folder.path, "/tmp/test_credentials.XXXXXX");
    if (!mkdtemp(folder.path))
        return -1;
    snprintf(folder.file, sizeof folder.file, "%s/credentials", folder.path);
    *state = &folder;
    return 0;
}

static int remove_folder(void **state)
{
    struct folder *folder = *state;
    unlink(folder->file);
    return rmdir(folder->path);
}

static void write_file(const struct folder *folder, const char *text, size_t length, mode_t mode)
{
    unlink(folder->file);
    FILE *file = fopen(folder->file, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, length, file), length);
    fclose(file);
    assert_int_equal(chmod(folder->file, mode), 0);
}

/* libvirt's part: asks one question. What it is told, for the caller to free, or NULL. */
static char *ask(virConnectAuth *auth, int type)
{
    virConnectCredential question = {.type = type, .prompt = "prompt", .defresult = "default"};
    int result = auth->cb(&question, 1, auth->cbdata);
    assert_int_equal(result, question.result ? 0 : -1);
    if (question.result)
        assert_int_equal(question.resultlen, strlen(question.result));
    return question.result;
}

static void assert_told(virConnectAuth *auth, int type, const char *expected)
{
    char *told = ask(auth, type);
    if (strcmp(told ? told : NOBODY_KNOWS, expected ? expected : NOBODY_KNOWS) != 0)
        fail_msg("question %d is answered with '%s'", type, told ? told : "nothing");
    free(told);
}

static void libvirt_is_told_what_the_file_says(void **state)
{
    static const struct {
        const char *text, *username, *password;
    } cases[] = {
        {"username=fred\npassword=secret\n", "fred", "secret"},
        {"password=secret\nusername=fred", "fred", "secret"},
        {"# a comment\n\n#password=other\nusername=fred\r\n\r\npassword=secret\r\n", "fred", "secret"},
        {"username=fred\n", "fred", NULL},
        {"password= a=b #c \\ \xc3\xa9 \n", NULL, " a=b #c \\ \xc3\xa9 "},
        {"username=\npassword=\n", "", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct folder *folder = *state;
        struct vmt_credentials *credentials = NULL;
        struct vmt_error error = {0};
        write_file(folder, cases[i].text, strlen(cases[i].text), 0600);
        if (vmt_credentials_load(folder->file, &credentials, &error) != 0)
            fail_msg("case %zu: %s", i, error.text);
        virConnectAuth auth;
        vmt_credentials_auth(credentials, &auth);
        assert_told(&auth, VIR_CRED_USERNAME, cases[i].username);
        assert_told(&auth, VIR_CRED_AUTHNAME, cases[i].username);
        assert_told(&auth, VIR_CRED_PASSPHRASE, cases[i].password);
        assert_told(&auth, VIR_CRED_NOECHOPROMPT, cases[i].password);
        assert_told(&auth, VIR_CRED_REALM, NULL);
        assert_told(&auth, VIR_CRED_ECHOPROMPT, NULL);
        assert_told(&auth, VIR_CRED_EXTERNAL, NULL);
        vmt_credentials_free(credentials);
    }
}

static void questions_are_answered_all_or_none(void **state)
{
    const struct folder *folder = *state;
    struct vmt_credentials *credentials = NULL;
    static const char text[] = "username=fred\npassword=secret\n";
    write_file(folder, text, sizeof text - 1, 0600);
    assert_int_equal(vmt_credentials_load(folder->file, &credentials, NULL), 0);
    virConnectAuth auth;
    vmt_credentials_auth(credentials, &auth);
    virConnectCredential questions[] = {
        {.type = VIR_CRED_AUTHNAME}, {.type = VIR_CRED_PASSPHRASE}, {.type = VIR_CRED_REALM}};
    assert_int_equal(auth.cb(questions, 3, auth.cbdata), -1);
    assert_null(questions[0].result);
    assert_null(questions[1].result);
    assert_int_equal(auth.cb(questions, 2, auth.cbdata), 0);
    assert_string_equal(questions[0].result, "fred");
    assert_string_equal(questions[1].result, "secret");
    free(questions[0].result);
    free(questions[1].result);
    vmt_credentials_free(credentials);
}

static void without_credentials_every_question_fails(void **state)
{
    (void)state;
    virConnectAuth auth;
    vmt_credentials_auth(NULL, &auth);
    assert_true(auth.ncredtype > 0); /* or libvirt would not look into its auth.conf */
    for (unsigned i = 0; i < auth.ncredtype; i++)
        assert_told(&auth, auth.credtype[i], NULL);
    vmt_credentials_free(NULL);
}

static void only_questions_with_an_answer_are_offered(void **state)
{
    (void)state;
    virConnectAuth auth;
    vmt_credentials_auth(NULL, &auth);
    for (unsigned i = 0; i < auth.ncredtype; i++) {
        assert_int_not_equal(auth.credtype[i], VIR_CRED_ECHOPROMPT);
        assert_int_not_equal(auth.credtype[i], VIR_CRED_REALM);
    }
}

static void a_file_that_is_no_credentials_is_refused_by_line(void **state)
{
    static const struct {
        const char *text;
        size_t length;
        const char *reason;
    } cases[] = {
#define TEXT(text) text, sizeof(text) - 1
        {TEXT("username=fred\nhunter2\n"), "line 2: neither 'username=TEXT' nor 'password=TEXT'"},
        {TEXT("\n\n username=fred\n"), "line 3: neither"},
        {TEXT("username\n"), "line 1: neither"},
        {TEXT("Username=fred\n"), "line 1: neither"},
        {TEXT("username =fred\n"), "line 1: neither"},
        {TEXT("user=hunter2\n"), "line 1: neither"},
        {TEXT("username=fred\npassword=a\npassword=hunter2\n"), "line 3: given a second time"},
        {TEXT("password=hun\0ter2\n"), "line 1: neither"},
        {TEXT("# nothing yet\n"), "has neither a username nor a password"},
        {TEXT(""), "has neither a username nor a password"},
#undef TEXT
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct folder *folder = *state;
        struct vmt_credentials *credentials = NULL;
        struct vmt_error error = {0};
        write_file(folder, cases[i].text, cases[i].length, 0600);
        assert_int_equal(vmt_credentials_load(folder->file, &credentials, &error), -EINVAL);
        assert_null(credentials);
        if (!strstr(error.text, cases[i].reason) || !strstr(error.text, folder->file))
            fail_msg("case %zu: %s", i, error.text);
        assert_null(strstr(error.text, "hunter2")); /* a log is no place for it */
    }
}

static void a_file_must_belong_to_its_owner_alone(void **state)
{
    static const struct {
        mode_t mode;
        int result;
    } cases[] = {{0600, 0}, {0400, 0}, {0640, -EACCES}, {0604, -EACCES}, {0620, -EACCES}, {0644, -EACCES}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct folder *folder = *state;
        struct vmt_credentials *credentials = NULL;
        struct vmt_error error = {0};
        write_file(folder, "username=fred\n", 14, cases[i].mode);
        assert_int_equal(vmt_credentials_load(folder->file, &credentials, &error), cases[i].result);
        assert_int_equal(!!strstr(error.text, "is open to its group or to others"), cases[i].result != 0);
        vmt_credentials_free(credentials);
    }
}

/* user::r--, one more entry, mask::r--: the mode is 0440 whoever the entry is for. */
static void an_access_list_may_name_users_only(void **state)
{
    static const struct {
        unsigned short tag, group_permissions, other_permissions;
        int result;
    } cases[] = {{ACL_USER, 0, 0, 0},
                 {ACL_GROUP, 0, 0, -EACCES},
                 {ACL_USER, ACL_READ, 0, -EACCES},
                 {ACL_USER, 0, ACL_READ, -EACCES}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct folder *folder = *state;
        struct {
            struct posix_acl_xattr_header header;
            struct posix_acl_xattr_entry entries[5];
        } list = {
            {POSIX_ACL_XATTR_VERSION},
            {{ACL_USER_OBJ, ACL_READ, (__u32)ACL_UNDEFINED_ID},
             {ACL_GROUP_OBJ, cases[i].group_permissions, (__u32)ACL_UNDEFINED_ID},
             {ACL_MASK, ACL_READ, (__u32)ACL_UNDEFINED_ID},
             {ACL_OTHER, cases[i].other_permissions, (__u32)ACL_UNDEFINED_ID}},
        };
        /* named users stand before the group, named groups after it */
        unsigned place = cases[i].tag == ACL_USER ? 1 : 2;
        memmove(&list.entries[place + 1], &list.entries[place], (4 - place) * sizeof *list.entries);
        list.entries[place] = (struct posix_acl_xattr_entry){cases[i].tag, ACL_READ, 12345};
        write_file(folder, "username=fred\n", 14, 0400);
        if (setxattr(folder->file, "system.posix_acl_access", &list, sizeof list, 0) < 0) {
            assert_int_equal(errno, ENOTSUP);
            skip(); /* a file system without access lists */
        }
        struct vmt_credentials *credentials = NULL;
        assert_int_equal(vmt_credentials_load(folder->file, &credentials, NULL), cases[i].result);
        vmt_credentials_free(credentials);
    }
}

static void what_is_no_plain_file_is_refused(void **state)
{
    const struct folder *folder = *state;
    struct vmt_credentials *credentials = NULL;
    struct vmt_error error = {0};
    unlink(folder->file);
    assert_int_equal(vmt_credentials_load(folder->file, &credentials, &error), -ENOENT);
    assert_non_null(strstr(error.text, "/credentials': No such file or directory"));
    assert_int_equal(vmt_credentials_load(folder->path, &credentials, &error), -EINVAL);
    assert_non_null(strstr(error.text, "is not a regular file"));
    assert_int_equal(mkfifo(folder->file, 0600), 0); /* must not wait for a writer */
    assert_int_equal(vmt_credentials_load(folder->file, &credentials, &error), -EINVAL);
    char *text = calloc(1, 5000);
    memset(text, '#', 4999);
    write_file(folder, text, 4999, 0600);
    free(text);
    assert_int_equal(vmt_credentials_load(folder->file, &credentials, &error), -EINVAL);
    assert_non_null(strstr(error.text, "has 4096 bytes or more"));
    assert_null(credentials);
}

static void a_uri_over_ssh_is_told_not_to_prompt(void **state)
{
    (void)state;
    static const struct {
        const char *uri, *expected; /* no expectation: stays as it is */
    } cases[] = {
        {"qemu+ssh://host/system", "qemu+ssh://host/system?no_tty=1"},
        {"qemu+libssh://host/system", "qemu+libssh://host/system?no_tty=1"},
        {"qemu+libssh2://fred@host:22/system", "qemu+libssh2://fred@host:22/system?no_tty=1"},
        {"QEMU+SSH://host/system", "QEMU+SSH://host/system?no_tty=1"},
        {"qemu+ssh://host/system?socket=/run/a", "qemu+ssh://host/system?socket=/run/a&no_tty=1"},
        {"qemu+ssh://host/system?", "qemu+ssh://host/system?no_tty=1"},
        {"qemu+ssh://host/system?a=b&", "qemu+ssh://host/system?a=b&no_tty=1"},
        {"qemu+ssh://host/system#part", "qemu+ssh://host/system?no_tty=1#part"},
        {"qemu+ssh://host/system?a=b#part?no_tty=1", "qemu+ssh://host/system?a=b&no_tty=1#part?no_tty=1"},
        {"qemu+ssh://host/system?not_no_tty=1&no_ttys=1", "qemu+ssh://host/system?not_no_tty=1&no_ttys=1&no_tty=1"},
        {"qemu+ssh://host/system?a=no_tty", "qemu+ssh://host/system?a=no_tty&no_tty=1"},
        {"qemu+ssh://host/system?no_tty=1", NULL},
        {"qemu+ssh://host/system?no_tty=0", NULL},
        {"qemu+ssh://host/system?a=b;no_tty=1", NULL},
        {"qemu+ssh://host/system?a=b&NO_TTY=1&c=d#part", NULL},
        {"qemu:///system", NULL},
        {"qemu+tls://host/system?a=+ssh", NULL},
        {"qemu+sshd://host/system", NULL},
        {"qemu+lib://host/system", NULL},
        {"qemu+tcp://host/system", NULL},
        {"qemu+ssh", NULL}, /* a name out of libvirt.conf */
        {"", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *uri = NULL;
        assert_int_equal(vmt_uri_without_prompt(cases[i].uri, &uri), 0);
        assert_string_equal(uri, cases[i].expected ? cases[i].expected : cases[i].uri);
        free(uri);
    }
    char *uri = (char *)"untouched";
    assert_int_equal(vmt_uri_without_prompt(NULL, &uri), 0);
    assert_null(uri);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(libvirt_is_told_what_the_file_says),
        cmocka_unit_test(questions_are_answered_all_or_none),
        cmocka_unit_test(without_credentials_every_question_fails),
        cmocka_unit_test(only_questions_with_an_answer_are_offered),
        cmocka_unit_test(a_file_that_is_no_credentials_is_refused_by_line),
        cmocka_unit_test(a_file_must_belong_to_its_owner_alone),
        cmocka_unit_test(an_access_list_may_name_users_only),
        cmocka_unit_test(what_is_no_plain_file_is_refused),
        cmocka_unit_test(a_uri_over_ssh_is_told_not_to_prompt),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
