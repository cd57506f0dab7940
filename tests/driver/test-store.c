/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What persists of domains, in directories of the test's own. */
#include "driver/store.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "controller/wire/failure.h"
#include "driver/host.h"

#define UUID "c0ffee00-1234-4abc-8def-001122334455"

typedef struct {
    char *top;
    char *state;
    char *config;
    char *log;
} Directories;

static GPtrArray *found;

static void
remove_tree(const char *path)
{
    g_autoptr(GDir) listing = g_dir_open(path, 0, NULL);
    const char *entry;

    while (listing && (entry = g_dir_read_name(listing))) {
        g_autofree char *child = g_build_filename(path, entry, NULL);

        if (g_unlink(child) < 0)
            remove_tree(child);
    }
    g_rmdir(path);
}

static void
set_up(Directories *directories, gconstpointer unused)
{
    g_autoptr(GError) error = NULL;

    directories->top = g_dir_make_tmp("store-XXXXXX", &error);
    g_assert_no_error(error);
    directories->state = g_build_filename(directories->top, "run", "lxc", NULL);
    directories->config = g_build_filename(directories->top, "etc", "lxc", NULL);
    directories->log = g_build_filename(directories->top, "log", "lxc", NULL);
    store_use_directories(directories->state, directories->config, directories->log);
    g_assert_true(store_open(&error));
    g_assert_no_error(error);
    found = g_ptr_array_new_with_free_func((GDestroyNotify)definition_free);
}

static void
tear_down(Directories *directories, gconstpointer unused)
{
    g_ptr_array_unref(found);
    store_close();
    remove_tree(directories->top);
    g_free(directories->top);
    g_free(directories->state);
    g_free(directories->config);
    g_free(directories->log);
}

static Definition *
make_definition(const char *name)
{
    g_autofree char *xml = g_markup_printf_escaped(
        "<domain type='lxc'><name>%s</name><uuid>" UUID "</uuid><memory>65536</memory>"
        "<os><type arch='x86_64'>exe</type><init>/sbin/init</init></os></domain>",
        name);
    g_autoptr(GError) error = NULL;
    Definition *definition = definition_parse(xml, host_defaults(), DEFINITION_INACTIVE, &error);

    g_assert_no_error(error);
    return definition;
}

static void
save(const char *name)
{
    g_autoptr(Definition) definition = make_definition(name);
    g_autoptr(GError) error = NULL;

    g_assert_true(store_save_config(definition, &error));
    g_assert_no_error(error);
}

static bool autostart_found;

static void
take_config(Definition *definition, bool autostart)
{
    autostart_found = autostart;
    g_ptr_array_add(found, definition);
}

static const char *
found_name(guint index)
{
    return ((Definition *)found->pdata[index])->name;
}

static void
write_file(const char *directory, const char *name, const char *text)
{
    g_autofree char *path = g_build_filename(directory, name, NULL);

    g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static bool
exists(const char *directory, const char *name)
{
    g_autofree char *path = g_build_filename(directory, name, NULL);

    return g_file_test(path, G_FILE_TEST_EXISTS) || g_file_test(path, G_FILE_TEST_IS_SYMLINK);
}

static char *
read_file(const char *directory, const char *name)
{
    g_autofree char *path = g_build_filename(directory, name, NULL);
    char *text = NULL;

    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    return text;
}

static void
test_config(Directories *directories, gconstpointer unused)
{
    g_autofree char *path = g_build_filename(directories->config, "web.xml", NULL);
    g_autofree char *text = NULL;
    struct stat status;

    save("web");
    g_assert_cmpint(stat(path, &status), ==, 0);
    g_assert_cmpint(status.st_mode & 07777, ==, 0600);
    text = read_file(directories->config, "web.xml");
    g_assert_nonnull(strstr(text, "\n  virsh edit web\n-->\n\n<domain type='lxc'>\n"));
    store_load_configs(take_config);
    g_assert_cmpint(found->len, ==, 1);
    g_assert_cmpstr(found_name(0), ==, "web");
    g_assert_cmpstr(((Definition *)found->pdata[0])->uuid, ==, UUID);
    g_assert_false(autostart_found);
}

static void
test_comment(Directories *directories, gconstpointer unused)
{
    g_autofree char *spaced = NULL;
    g_autofree char *dashed = NULL;

    save("two words; rm x");
    spaced = read_file(directories->config, "two words; rm x.xml");
    g_assert_nonnull(strstr(spaced, "virsh edit " UUID "\n"));
    /* two dashes would end the comment's well-formedness */
    save("a--b");
    dashed = read_file(directories->config, "a--b.xml");
    g_assert_nonnull(strstr(dashed, "virsh edit " UUID "\n"));
    store_load_configs(take_config);
    g_assert_cmpint(found->len, ==, 2);
}

static void
test_unsafe(Directories *directories, gconstpointer unused)
{
    static const char *const names[] = { "../web", ".web", "a/b", NULL };
    g_autoptr(Definition) definition = make_definition("web");
    size_t i;

    for (i = 0; names[i]; i++) {
        g_autoptr(GError) error = NULL;

        g_free(definition->name);
        definition->name = g_strdup(names[i]);
        g_assert_false(store_save_config(definition, &error));
        g_assert_error(error, FAILURE, FAILURE_OPERATION_INVALID);
        g_assert_nonnull(strstr(error->message, names[i]));
        g_clear_error(&error);
        g_assert_false(store_set_autostart(names[i], true, &error));
        g_assert_error(error, FAILURE, FAILURE_OPERATION_INVALID);
        g_clear_error(&error);
        g_assert_false(store_remove_config(names[i], &error));
        g_assert_error(error, FAILURE, FAILURE_OPERATION_INVALID);
    }
}

static void
test_damaged(Directories *directories, gconstpointer unused)
{
    g_autofree char *text = NULL;

    save("web");
    write_file(directories->config, "broken.xml", "<domain type='lxc'><name>bro");
    write_file(directories->config, "notes.txt", "not a domain");
    store_load_configs(take_config);
    g_assert_cmpint(found->len, ==, 1);
    g_assert_cmpstr(found_name(0), ==, "web");
    text = read_file(directories->config, "broken.xml");
    g_assert_cmpstr(text, ==, "<domain type='lxc'><name>bro");
    g_assert_true(exists(directories->config, "notes.txt"));
}

static void
test_misnamed(Directories *directories, gconstpointer unused)
{
    g_autofree char *text = NULL;

    save("web");
    text = read_file(directories->config, "web.xml");
    write_file(directories->config, "copy.xml", text);
    store_load_configs(take_config);
    g_assert_cmpint(found->len, ==, 1);
    g_assert_true(exists(directories->config, "copy.xml"));
}

static void
refuse_status(StoredStatus *status)
{
    g_assert_not_reached();
}

static void
test_unfinished(Directories *directories, gconstpointer unused)
{
    save("web");
    write_file(directories->config, "web.xml.new", "<doma");
    write_file(directories->state, "web.xml.new", "<doms");
    store_load_configs(take_config);
    store_load_statuses(refuse_status);
    g_assert_cmpint(found->len, ==, 1);
    g_assert_false(exists(directories->config, "web.xml.new"));
    g_assert_false(exists(directories->state, "web.xml.new"));
}

static void
test_replaced_link(Directories *directories, gconstpointer unused)
{
    g_autofree char *victim = g_build_filename(directories->top, "victim", NULL);
    g_autofree char *trap = g_build_filename(directories->config, "web.xml.new", NULL);
    g_autofree char *text = NULL;

    write_file(directories->top, "victim", "precious");
    g_assert_cmpint(symlink(victim, trap), ==, 0);
    save("web");
    text = read_file(directories->top, "victim");
    g_assert_cmpstr(text, ==, "precious");
}

static void
test_autostart(Directories *directories, gconstpointer unused)
{
    g_autofree char *link = g_build_filename(directories->config, "autostart", "web.xml", NULL);
    g_autofree char *config = g_build_filename(directories->config, "web.xml", NULL);
    g_autofree char *target = NULL;
    g_autoptr(GError) error = NULL;

    save("web");
    g_assert_false(store_get_autostart("web"));
    g_assert_true(store_set_autostart("web", true, &error));
    g_assert_true(store_set_autostart("web", true, &error));
    g_assert_no_error(error);
    g_assert_true(store_get_autostart("web"));
    target = g_file_read_link(link, NULL);
    g_assert_cmpstr(target, ==, config);
    store_load_configs(take_config);
    g_assert_true(autostart_found);
    g_assert_true(store_set_autostart("web", false, &error));
    g_assert_false(store_get_autostart("web"));
    g_assert_true(store_set_autostart("web", true, &error));
    g_assert_true(store_remove_config("web", &error));
    g_assert_no_error(error);
    g_assert_false(exists(directories->config, "web.xml"));
    g_assert_false(exists(directories->config, "autostart/web.xml"));
    g_assert_true(store_remove_config("web", &error));
}

/* Another daemon: takes the store, says so, and holds it until its end of @fd is closed. */
static G_GNUC_NORETURN void
hold_store(int fd)
{
    char byte = store_open(NULL) ? 'y' : 'n';

    if (write(fd, &byte, 1) == 1)
        while (read(fd, &byte, 1) > 0)
            ;
    _exit(0);
}

static void
test_lock(Directories *directories, gconstpointer unused)
{
    g_autoptr(GError) error = NULL;
    char byte = 0;
    int pair[2];
    pid_t child;

    store_close();
    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), ==, 0);
    if ((child = fork()) == 0) {
        close(pair[0]);
        hold_store(pair[1]);
    }
    close(pair[1]);
    g_assert_cmpint(read(pair[0], &byte, 1), ==, 1);
    g_assert_cmpint(byte, ==, 'y');
    g_assert_false(store_open(&error));
    g_assert_error(error, FAILURE, FAILURE_OPERATION_FAILED);
    g_assert_nonnull(strstr(error->message, "run/lxc/driver.pid"));
    close(pair[0]);
    g_assert_cmpint(waitpid(child, NULL, 0), ==, child);
    g_clear_error(&error);
    /* one that was killed leaves the file, but not the lock */
    g_assert_true(store_open(&error));
    g_assert_no_error(error);
}

#define ADD(name, function) \
    g_test_add("/store/" name, Directories, NULL, set_up, function, tear_down)

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_assert_true(host_init(NULL) || host_arch());
    ADD("a saved definition is loaded again and belongs to root alone", test_config);
    ADD("the comment names the domain in a way a shell can read", test_comment);
    ADD("a name that leaves its directory is refused", test_unsafe);
    ADD("a damaged file is kept and keeps no other from loading", test_damaged);
    ADD("a file under another domain's name is kept and not loaded", test_misnamed);
    ADD("what an interrupted write left is cleared away", test_unfinished);
    ADD("a link in place of a temporary file is not followed", test_replaced_link);
    ADD("autostart is a link to the definition and goes with it", test_autostart);
    ADD("a second daemon cannot take the store", test_lock);
    return g_test_run();
}
