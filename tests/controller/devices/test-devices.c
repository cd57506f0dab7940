/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Devices of hosts that this one is not: trees as their kernels show them, with real device nodes
 * (of zeros, whatever their names say). Making nodes needs root; without it all is skipped.
 */
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "controller/devices/find.h"
#include "controller/devices/node.h"
#include "controller/wire/failure.h"

typedef struct {
    char *top;
    char *dev;
    char *proc;
    char *sys;
    DeviceRoots roots;
} Host;

static void
put(const Host *host, const char *name, const char *text)
{
    g_autofree char *path = g_build_filename(host->top, name, NULL);
    g_autofree char *directory = g_path_get_dirname(path);

    g_assert_cmpint(g_mkdir_with_parents(directory, 0755), ==, 0);
    g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static void
put_node(const Host *host, const char *name, unsigned minor)
{
    g_autofree char *path = g_build_filename(host->dev, name, NULL);
    g_autofree char *directory = g_path_get_dirname(path);

    g_assert_cmpint(g_mkdir_with_parents(directory, 0755), ==, 0);
    g_assert_cmpint(mknod(path, S_IFCHR | 0660, makedev(226, minor)), ==, 0);
}

static void
host_init(Host *host)
{
    host->top = g_dir_make_tmp("devices-XXXXXX", NULL);
    host->dev = g_build_filename(host->top, "dev", NULL);
    host->proc = g_build_filename(host->top, "proc", NULL);
    host->sys = g_build_filename(host->top, "sys", NULL);
    host->roots = (DeviceRoots){ host->dev, host->proc, host->sys };
    g_assert_cmpint(g_mkdir(host->dev, 0755), ==, 0);
}

static void
remove_tree(const char *path)
{
    g_autoptr(GDir) listing = g_dir_open(path, 0, NULL);
    const char *name;

    while (listing && (name = g_dir_read_name(listing))) {
        g_autofree char *below = g_build_filename(path, name, NULL);

        remove_tree(below);
    }
    g_remove(path);
}

static void
host_clear(Host *host)
{
    remove_tree(host->top);
    g_free(host->top);
    g_free(host->dev);
    g_free(host->proc);
    g_free(host->sys);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Host, host_clear)

static bool
can_make_nodes(void)
{
    if (geteuid() == 0)
        return true;
    g_test_skip("needs root");
    return false;
}

/* The paths inside, in order, with blanks between them. */
static char *
paths_of(const FoundDevice *found)
{
    GString *paths = g_string_new(NULL);
    guint i;

    for (i = 0; i < found->nodes->len; i++)
        g_string_append_printf(paths, "%s%s", i ? " " : "",
                               ((const DeviceNode *)found->nodes->pdata[i])->path);
    return g_string_free(paths, FALSE);
}

static void
assert_found(const Host *host, const ContainerHostDevice *device, const char *paths)
{
    g_auto(FoundDevice) found = FOUND_DEVICE_NONE;
    g_autofree char *words = NULL;
    g_autoptr(GError) error = NULL;

    device_find(&host->roots, device, &found, &error);
    g_assert_no_error(error);
    words = paths_of(&found);
    g_assert_cmpstr(words, ==, paths);
}

static void
assert_refused(const Host *host, const ContainerHostDevice *device, const char *words)
{
    g_auto(FoundDevice) found = FOUND_DEVICE_NONE;
    g_autoptr(GError) error = NULL;

    g_assert_false(device_find(&host->roots, device, &found, &error));
    g_assert_nonnull(strstr(error->message, words));
}

#define PCI(address)                                                                  \
    {                                                                                 \
        .alias = (char *)"hostdev0", .kind = (char *)"pci", .source = (char *)address \
    }
#define USB(vendor_id, product_id, bus_number, device_number)                      \
    {                                                                              \
        .alias = (char *)"hostdev0", .kind = (char *)"usb", .vendor = (vendor_id), \
        .product = (product_id), .bus = (bus_number), .device = (device_number)    \
    }

#define CARD "sys/bus/pci/devices/0000:03:00.0/"

static void
test_a_card_of_amd_has_its_own_nodes_and_the_common_one(void)
{
    const ContainerHostDevice card = PCI("0000:03:00.0");
    g_auto(Host) host = { 0 };

    if (!can_make_nodes())
        return;
    host_init(&host);
    put(&host, CARD "vendor", "0x1002\n");
    put(&host, CARD "class", "0x030000\n");
    put(&host, CARD "drm/card0/dev", "226:0\n");
    put(&host, CARD "drm/card0/card0-DP-1/status", "connected\n");
    put(&host, CARD "drm/renderD128/dev", "226:128\n");
    put_node(&host, "dri/card0", 0);
    put_node(&host, "dri/renderD128", 128);
    put_node(&host, "dri/renderD129", 129); /* of another card */
    put_node(&host, "kfd", 7);
    assert_found(&host, &card, "/dev/dri/card0 /dev/dri/renderD128 /dev/kfd");
}

static void
test_a_card_of_nvidia_is_known_by_its_drivers_files(void)
{
    const ContainerHostDevice card = PCI("0000:03:00.0");
    g_auto(Host) host = { 0 };

    if (!can_make_nodes())
        return;
    host_init(&host);
    put(&host, CARD "vendor", "0x10de\n");
    put(&host, CARD "class", "0x030200\n");
    put(&host, "proc/driver/nvidia/gpus/0000:03:00.0/information",
        "Model: \t\t Some GPU\nIRQ:   \t\t 130\nDevice Minor: \t 1\n");
    put_node(&host, "nvidia0", 10);
    put_node(&host, "nvidia1", 11);
    put_node(&host, "nvidiactl", 12);
    put_node(&host, "nvidia-uvm", 13);
    assert_found(&host, &card, "/dev/nvidia-uvm /dev/nvidia1 /dev/nvidiactl");
}

static void
test_what_is_no_display_is_refused(void)
{
    const ContainerHostDevice card = PCI("0000:03:00.0");
    const ContainerHostDevice other = PCI("0000:04:00.0");
    g_auto(Host) host = { 0 };

    host_init(&host);
    put(&host, CARD "vendor", "0x8086\n");
    put(&host, CARD "class", "0x020000\n");
    assert_refused(&host, &card, "PCI device 0000:03:00.0 has the class 0x020000: only display");
    assert_refused(&host, &other, "the host has no PCI device 0000:04:00.0");
    put(&host, CARD "class", "0x120000\n");
    assert_refused(&host, &card, "is its driver loaded?");
}

static void
put_usb(const Host *host, const char *name, const char *vendor, const char *device)
{
    g_autofree char *top = g_strconcat("sys/bus/usb/devices/", name, "/", NULL);
    const char *const files[] = { "idVendor", "idProduct", "busnum", "devnum" };
    const char *const texts[] = { vendor, "0002\n", "1\n", device };
    size_t i;

    for (i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *path = g_strconcat(top, files[i], NULL);

        put(host, path, texts[i]);
    }
}

static void
test_usb_devices_are_found_by_ids_or_place(void)
{
    const ContainerHostDevice by_ids = USB(0x1d6b, 2, -1, -1);
    const ContainerHostDevice by_place = USB(-1, -1, 1, 4);
    const ContainerHostDevice by_both = USB(0x1d6b, 2, 1, 4);
    const ContainerHostDevice absent = USB(0x1d6b, 9, -1, -1);
    ContainerHostDevice optional = USB(0x1d6b, 9, -1, -1);
    g_auto(Host) host = { 0 };

    if (!can_make_nodes())
        return;
    optional.optional = true;
    host_init(&host);
    put_usb(&host, "usb1", "1d6b\n", "1\n");
    put_usb(&host, "1-4", "0bda\n", "4\n");
    put(&host, "sys/bus/usb/devices/1-4:1.0/bInterfaceClass", "03\n");
    put_node(&host, "bus/usb/001/001", 1);
    put_node(&host, "bus/usb/001/004", 4);
    assert_found(&host, &by_ids, "/dev/bus/usb/001/001");
    assert_found(&host, &by_place, "/dev/bus/usb/001/004");
    assert_found(&host, &optional, "");
    assert_refused(&host, &by_both, "no USB device with vendor 0x1d6b, product 0x0002, bus 1");
    assert_refused(&host, &absent, "set startupPolicy='optional'");
    put_usb(&host, "1-5", "1d6b\n", "4\n");
    assert_refused(&host, &by_ids, "more than one USB device with vendor 0x1d6b");
}

static void
test_nodes_are_made_and_removed_with_what_is_above_them(void)
{
    const DeviceNode node = { .path = (char *)"/dev/bus/usb/001/004",
                              .type = (char *)"c",
                              .major = 189,
                              .minor = 3,
                              .file_mode = 0664 };
    g_auto(Host) host = { 0 };
    g_autofree char *path = NULL;
    g_autofree char *top = NULL;
    g_autoptr(GError) error = NULL;
    g_auto(Fd) dev = -1;
    struct stat status;

    if (!can_make_nodes())
        return;
    host_init(&host);
    dev = open(host.dev, O_PATH | O_DIRECTORY | O_CLOEXEC);
    path = g_build_filename(host.dev, "bus/usb/001/004", NULL);
    top = g_build_filename(host.dev, "bus", NULL);
    g_assert_true(node_make(dev, &node, (NodeOwner){ 70000, 70001 }, &error));
    g_assert_cmpint(lstat(path, &status), ==, 0);
    g_assert_true(status.st_mode == (S_IFCHR | 0664) && status.st_rdev == makedev(189, 3));
    g_assert_true(status.st_uid == 70000 && status.st_gid == 70001);
    g_assert_true(node_is_there(dev, &node));
    g_assert_false(node_make(dev, &node, (NodeOwner){ 0, 0 }, &error));
    g_assert_cmpstr(error->message, ==, "the container has '/dev/bus/usb/001/004' already");
    node_remove(dev, &node);
    g_assert_cmpint(lstat(top, &status), ==, -1);
}

/* The guest puts links where directories and nodes are looked for. */
static void
test_no_link_of_the_guests_leads_out(void)
{
    const DeviceNode below = { .path = (char *)"/dev/net/tun",
                               .type = (char *)"c",
                               .major = 1,
                               .minor = 5,
                               .file_mode = 0600 };
    const DeviceNode itself = {
        .path = (char *)"/dev/sonar", .type = (char *)"c", .major = 1, .minor = 5, .file_mode = 0600
    };
    const DeviceNode up = { .path = (char *)"/dev/../sonar", .type = (char *)"c" };
    g_auto(Host) host = { 0 };
    g_autofree char *link = NULL;
    g_autofree char *victim = NULL;
    g_autoptr(GError) error = NULL;
    g_auto(Fd) dev = -1;

    if (!can_make_nodes())
        return;
    host_init(&host);
    put(&host, "outside/sonar", "mine");
    dev = open(host.dev, O_PATH | O_DIRECTORY | O_CLOEXEC);
    g_assert_cmpint(symlinkat("../outside", dev, "net"), ==, 0);
    g_assert_cmpint(symlinkat("../outside/sonar", dev, "sonar"), ==, 0);
    g_assert_false(node_make(dev, &below, (NodeOwner){ 0, 0 }, &error));
    g_assert_cmpstr(error->message, ==,
                    "'/dev/net' of the container is no directory: no device node can be made below "
                    "it");
    g_clear_error(&error);
    g_assert_false(node_make(dev, &itself, (NodeOwner){ 0, 0 }, &error));
    g_clear_error(&error);
    g_assert_false(node_make(dev, &up, (NodeOwner){ 0, 0 }, &error));
    g_assert_cmpstr(error->message, ==, "device node '/dev/../sonar' is not below /dev");
    node_remove(dev, &below);
    node_remove(dev, &itself);
    link = g_build_filename(host.dev, "sonar", NULL);
    victim = g_build_filename(host.top, "outside/sonar", NULL);
    g_assert_true(g_file_test(link, G_FILE_TEST_IS_SYMLINK));
    g_assert_true(g_file_test(victim, G_FILE_TEST_IS_REGULAR));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/devices/a card of AMD has its own nodes and the common one",
                    test_a_card_of_amd_has_its_own_nodes_and_the_common_one);
    g_test_add_func("/devices/a card of NVIDIA is known by its driver's files",
                    test_a_card_of_nvidia_is_known_by_its_drivers_files);
    g_test_add_func("/devices/what is no display is refused", test_what_is_no_display_is_refused);
    g_test_add_func("/devices/USB devices are found by ids or place",
                    test_usb_devices_are_found_by_ids_or_place);
    g_test_add_func("/devices/nodes are made and removed with what is above them",
                    test_nodes_are_made_and_removed_with_what_is_above_them);
    g_test_add_func("/devices/no link of the guest's leads out",
                    test_no_link_of_the_guests_leads_out);
    return g_test_run();
}
