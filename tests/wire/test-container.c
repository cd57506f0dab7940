/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The container definition as a document. */
#include <glib.h>
#include <string.h>

#include "controller/wire/container.h"
#include "controller/wire/failure.h"

static char *
golden_read(gsize *ret_length)
{
    const char *path = g_test_get_filename(G_TEST_DIST, "container.json", NULL);
    g_autoptr(GError) error = NULL;
    char *text;

    g_file_get_contents(path, &text, ret_length, &error);
    g_assert_no_error(error);
    return text;
}

/* Blanks between tokens out: json-c releases differ in how they print an empty array. */
static char *
compact(const char *text)
{
    GString *result = g_string_new(NULL);
    bool quoted = false;

    for (; *text; text++) {
        if (*text == '"')
            quoted = !quoted;
        if (quoted || !g_ascii_isspace(*text))
            g_string_append_c(result, *text);
    }
    return g_string_free(result, FALSE);
}

static void
test_golden(void)
{
    gsize length;
    g_autofree char *text = golden_read(&length);
    g_autoptr(GError) error = NULL;
    g_autoptr(Container) container = container_from_json(text, length, &error);
    g_autofree char *written = NULL;
    g_autofree char *expected = compact(text);
    g_autofree char *actual = NULL;

    g_assert_no_error(error);
    written = container_to_json(container, true);
    actual = compact(written);
    g_assert_cmpstr(actual, ==, expected);
}

static void
test_members(void)
{
    gsize length;
    g_autofree char *text = golden_read(&length);
    g_autoptr(Container) container = container_from_json(text, length, NULL);
    ContainerMount *bind;
    ContainerDeviceRule *rule;
    ContainerIdMapping *mapping;

    g_assert_cmpstr(container->root->path, ==, "/srv/heron");
    bind = container->mounts->pdata[1];
    g_assert_cmpstr(bind->source, ==, "/var/data");
    g_assert_true(bind->source_in_container);
    g_assert_cmpstr(bind->options[1], ==, "ro");
    rule = container->os->resources->devices->pdata[1];
    g_assert_true(rule->allow);
    g_assert_cmpint(rule->major, ==, 136);
    g_assert_cmpint(rule->minor, ==, -1);
    mapping = container->os->uid_mappings->pdata[0];
    g_assert_cmpuint(mapping->container_id, ==, 0);
    g_assert_cmpuint(mapping->host_id, ==, 400000);
    g_assert_cmpint(container->os->resources->memory->limit, ==, 268435456);
    g_assert_cmpint(container->os->resources->memory->swap, ==, -1);
    g_assert_cmpuint(container->os->resources->cpu->shares, ==, 512);
    g_assert_cmpuint(container->os->resources->cpu->period, ==, CONTAINER_UNSET);
    g_assert_cmpint(container->os->resources->pids->limit, ==, -1);
    g_assert_cmpstr(container->process->capabilities->bounding[0], ==, "CAP_CHOWN");
    g_assert_cmpuint(container->caisson->passed_fds, ==, 2);
    g_assert_true(container->caisson->paused);
    g_assert_cmpstr(container->os->personality->domain, ==, "LINUX32");
}

static void
test_minimal(void)
{
    static const char text[] =
        "{\"ociVersion\":\"1.0.2\",\"root\":{\"path\":\"/\"},\"process\":{\"args\":[\"/init\"],"
        "\"cwd\":\"/\"},\"linux\":{},\"caisson\":{\"name\":\"n\",\"uuid\":\"u\"}}";
    g_autoptr(GError) error = NULL;
    g_autoptr(Container) container = container_from_json(text, strlen(text), &error);

    g_assert_no_error(error);
    g_assert_cmpuint(container->mounts->len, ==, 0);
    g_assert_cmpuint(container->os->namespaces->len, ==, 0);
    g_assert_cmpuint(container->os->resources->devices->len, ==, 0);
    g_assert_cmpint(container->os->resources->memory->limit, ==, -1);
    g_assert_cmpuint(container->process->user->uid, ==, 0);
    g_assert_null(container->process->capabilities);
    g_assert_cmpuint(container->caisson->consoles->len, ==, 0);
}

static void
test_new_is_complete(void)
{
    g_autoptr(Container) container = container_new();
    g_autofree char *text = NULL;
    g_autofree char *actual = NULL;

    container->process->args = g_strsplit("/sbin/init", ",", -1);
    container->process->cwd = g_strdup("/");
    text = container_to_json(container, true);
    actual = compact(text);
    g_assert_cmpstr(actual, ==,
                    "{\"ociVersion\":\"1.2.0\",\"root\":{},\"process\":{\"args\":[\"/sbin/init\"],"
                    "\"cwd\":\"/\",\"user\":{\"uid\":0,\"gid\":0}},\"linux\":{},\"caisson\":{}}");
}

#define START   "{\"ociVersion\":\"1.2.0\",\"root\":{\"path\":\"/\"},\"process\":"
#define PROCESS "{\"args\":[\"/init\"],\"cwd\":\"/\"}"
#define END     ",\"linux\":{},\"caisson\":{\"name\":\"n\",\"uuid\":\"u\"}}"

static const struct {
    const char *text;
    const char *message;
} refusals[] = {
    { "{}", "ociVersion: missing" },
    { "{\"ociVersion\":\"1.2.0\",\"root\":{}}", "root.path: missing" },
    { "{\"ociVersion\":\"1.2.0\",\"root\":{\"path\":\"/\"}}", "process: missing" },
    { START "{\"cwd\":\"/\"}" END, "process.args: missing" },
    { START "{\"args\":[],\"cwd\":\"/\"}" END, "process.args: empty" },
    { START "{\"args\":[\"a\"]}" END, "process.cwd: missing" },
    { START "{\"args\":[\"a\"],\"cwd\":\"/\",\"user\":{\"uid\":0}}" END,
      "process.user.gid: missing" },
    { START "{\"args\":[\"a\"],\"cwd\":\"/\",\"capabilities\":{\"ambient\":[\"CAP_KILL\"]}}" END,
      "process.capabilities.ambient: must be empty" },
    { START PROCESS "}", "linux: missing" },
    { START PROCESS ",\"linux\":{}}", "caisson: missing" },
    { START PROCESS ",\"linux\":{},\"caisson\":{\"name\":\"n\"}}", "caisson.uuid: missing" },
    { START PROCESS ",\"mounts\":[{}]" END, "mounts[0].destination: missing" },
    { START PROCESS ",\"linux\":{\"namespaces\":[{\"type\":\"pid\"},{\"path\":\"/x\"}]}}",
      "linux.namespaces[1].type: missing" },
    { START PROCESS ",\"linux\":{\"uidMappings\":[{\"containerID\":0,\"hostID\":-5}]}}",
      "linux.uidMappings[0].hostID: number out of range" },
    { START PROCESS ",\"linux\":{\"resources\":{\"devices\":[{\"type\":\"a\"}]}}}",
      "linux.resources.devices[0].allow: missing" },
    { START PROCESS ",\"linux\":{\"personality\":{}}}", "linux.personality.domain: missing" },
    { "{\"ociVersion\":\"2.0\",\"root\":{\"path\":\"/\"},\"process\":" PROCESS END,
      "ociVersion: '2.0' is not 1.x" },
};

static void
test_refusals(void)
{
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(refusals); i++) {
        g_autoptr(GError) error = NULL;

        g_assert_null(container_from_json(refusals[i].text, strlen(refusals[i].text), &error));
        g_assert_error(error, FAILURE, FAILURE_INTERNAL);
        g_assert_cmpstr(error->message, ==, refusals[i].message);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/container/a full document survives reading and writing", test_golden);
    g_test_add_func("/container/members get their values", test_members);
    g_test_add_func("/container/lists exist though the document has none", test_minimal);
    g_test_add_func("/container/a new container can be filled at once", test_new_is_complete);
    g_test_add_func("/container/refusals name the place", test_refusals);
    return g_test_run();
}
