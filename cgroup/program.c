/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Device rules of v2: a BPF program that the kernel asks before a task opens or makes a device
 * node. */
#include "cgroup/layout.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "controller/wire/container.h"
#include "controller/wire/descriptor.h"
#include "controller/wire/failure.h"

/* By which it is found again among others' programs. */
#define PROGRAM_NAME "caisson_devices"
#define PROGRAMS_MAX 64 /* of one group; the kernel's own bound */

/* Registers: the context's fields, loaded once. */
enum {
    REG_TYPE = BPF_REG_2,
    REG_ACCESS = BPF_REG_3,
    REG_MAJOR = BPF_REG_4,
    REG_MINOR = BPF_REG_5,
    REG_SCRATCH = BPF_REG_6,
};

static void
emit(GArray *program, struct bpf_insn instruction)
{
    g_array_append_val(program, instruction);
}

static void
emit_load(GArray *program, int reg, size_t offset)
{
    emit(program, (struct bpf_insn){ .code = BPF_LDX | BPF_MEM | BPF_W,
                                     .dst_reg = reg,
                                     .src_reg = BPF_REG_1,
                                     .off = offset });
}

static void
emit_alu(GArray *program, int operation, int reg, int value)
{
    emit(program,
         (struct bpf_insn){ .code = BPF_ALU | operation | BPF_K, .dst_reg = reg, .imm = value });
}

/* Jumps over the rest of the rule; the distance is filled in when the rule is complete. */
static void
emit_unless(GArray *program, int reg, int value)
{
    emit(program,
         (struct bpf_insn){ .code = BPF_JMP | BPF_JNE | BPF_K, .dst_reg = reg, .imm = value });
}

static void
emit_result(GArray *program, bool allow)
{
    emit(program, (struct bpf_insn){
                      .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = allow });
    emit(program, (struct bpf_insn){ .code = BPF_JMP | BPF_EXIT });
}

static void
emit_start(GArray *program)
{
    const size_t type = offsetof(struct bpf_cgroup_dev_ctx, access_type);

    emit_load(program, REG_TYPE, type);
    emit_alu(program, BPF_AND, REG_TYPE, 0xffff);
    emit_load(program, REG_ACCESS, type);
    emit_alu(program, BPF_RSH, REG_ACCESS, 16);
    emit_load(program, REG_MAJOR, offsetof(struct bpf_cgroup_dev_ctx, major));
    emit_load(program, REG_MINOR, offsetof(struct bpf_cgroup_dev_ctx, minor));
}

static int
access_bits(const char *access)
{
    int bits = 0;

    if (!access)
        return BPF_DEVCG_ACC_READ | BPF_DEVCG_ACC_WRITE | BPF_DEVCG_ACC_MKNOD;
    if (strchr(access, 'r'))
        bits |= BPF_DEVCG_ACC_READ;
    if (strchr(access, 'w'))
        bits |= BPF_DEVCG_ACC_WRITE;
    if (strchr(access, 'm'))
        bits |= BPF_DEVCG_ACC_MKNOD;
    return bits;
}

/*
 * An allowing rule matches when all that is asked is among its accesses, a denying rule when any
 * is: so a denied access cannot be had together with a granted one.
 */
static void
emit_rule(GArray *program, const ContainerDeviceRule *rule)
{
    guint first = program->len;
    guint i;

    if (rule->type && rule->type[0] != 'a')
        emit_unless(program, REG_TYPE,
                    rule->type[0] == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR);
    emit(program, (struct bpf_insn){ .code = BPF_ALU | BPF_MOV | BPF_X,
                                     .dst_reg = REG_SCRATCH,
                                     .src_reg = REG_ACCESS });
    if (rule->allow) {
        emit_alu(program, BPF_AND, REG_SCRATCH, ~access_bits(rule->access));
        emit_unless(program, REG_SCRATCH, 0);
    } else {
        emit_alu(program, BPF_AND, REG_SCRATCH, access_bits(rule->access));
        emit(program, (struct bpf_insn){
                          .code = BPF_JMP | BPF_JEQ | BPF_K, .dst_reg = REG_SCRATCH, .imm = 0 });
    }
    if (rule->major >= 0)
        emit_unless(program, REG_MAJOR, rule->major);
    if (rule->minor >= 0)
        emit_unless(program, REG_MINOR, rule->minor);
    emit_result(program, rule->allow);

    for (i = first; i < program->len - 2; i++) {
        struct bpf_insn *instruction = &g_array_index(program, struct bpf_insn, i);

        if (BPF_CLASS(instruction->code) == BPF_JMP)
            instruction->off = program->len - i - 1;
    }
}

static int
bpf(int command, union bpf_attr *attributes)
{
    return syscall(SYS_bpf, command, attributes, sizeof(*attributes));
}

static int
program_load(const GArray *program)
{
    union bpf_attr attributes;

    memset(&attributes, 0, sizeof(attributes));
    attributes.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
    attributes.insn_cnt = program->len;
    attributes.insns = (uintptr_t)program->data;
    attributes.license = (uintptr_t) "LGPL";
    g_strlcpy(attributes.prog_name, PROGRAM_NAME, sizeof(attributes.prog_name));
    return bpf(BPF_PROG_LOAD, &attributes);
}

/* A descriptor of the program for @rules. */
static int
program_make(const GPtrArray *rules, GError **error)
{
    g_autoptr(GArray) program = g_array_new(FALSE, TRUE, sizeof(struct bpf_insn));
    guint i;
    int loaded;

    emit_start(program);
    /* the last rule that matches decides, so it comes first */
    for (i = rules ? rules->len : 0; i > 0; i--)
        emit_rule(program, g_ptr_array_index(rules, i - 1));
    emit_result(program, false);
    if ((loaded = program_load(program)) < 0)
        fail_errno(error, errno,
                   "cannot load the program that limits devices (the kernel needs CONFIG_BPF "
                   "and CONFIG_CGROUP_BPF)");
    return loaded;
}

/* @old: the program to be replaced; -1: none. */
static bool
program_attach(int group, int loaded, int old, GError **error)
{
    union bpf_attr attributes;

    memset(&attributes, 0, sizeof(attributes));
    attributes.target_fd = group;
    attributes.attach_bpf_fd = loaded;
    attributes.attach_type = BPF_CGROUP_DEVICE;
    /* more programs may follow, each can only take away */
    attributes.attach_flags = BPF_F_ALLOW_MULTI;
    if (old >= 0) {
        attributes.attach_flags |= BPF_F_REPLACE;
        attributes.replace_bpf_fd = old;
    }
    if (bpf(BPF_PROG_ATTACH, &attributes) < 0)
        return fail_errno(error, errno, "cannot attach the program that limits devices");
    return true;
}

bool
cgroup_program_attach(int group, const GPtrArray *rules, GError **error)
{
    g_auto(Fd) loaded = program_make(rules, error);

    return loaded >= 0 && program_attach(group, loaded, -1, error);
}

static int
program_open(uint32_t id)
{
    union bpf_attr attributes;

    memset(&attributes, 0, sizeof(attributes));
    attributes.prog_id = id;
    return bpf(BPF_PROG_GET_FD_BY_ID, &attributes);
}

static bool
program_is_ours(int program)
{
    struct bpf_prog_info info;
    union bpf_attr attributes;

    memset(&info, 0, sizeof(info));
    memset(&attributes, 0, sizeof(attributes));
    attributes.info.bpf_fd = program;
    attributes.info.info_len = sizeof(info);
    attributes.info.info = (uintptr_t)&info;
    return bpf(BPF_OBJ_GET_INFO_BY_FD, &attributes) == 0 &&
           strncmp(info.name, PROGRAM_NAME, sizeof(info.name)) == 0;
}

/* The program that cgroup_program_attach() attached; -1: there is none. */
static int
program_find(int group, GError **error)
{
    uint32_t ids[PROGRAMS_MAX];
    union bpf_attr attributes;
    uint32_t i;

    memset(&attributes, 0, sizeof(attributes));
    attributes.query.target_fd = group;
    attributes.query.attach_type = BPF_CGROUP_DEVICE;
    attributes.query.prog_ids = (uintptr_t)ids;
    attributes.query.prog_cnt = PROGRAMS_MAX;
    if (bpf(BPF_PROG_QUERY, &attributes) < 0) {
        fail_errno(error, errno, "cannot list the programs that limit devices");
        return -1;
    }
    for (i = 0; i < attributes.query.prog_cnt; i++) {
        g_auto(Fd) program = program_open(ids[i]);

        if (program >= 0 && program_is_ours(program))
            return fd_steal(&program);
    }
    fail(error, FAILURE_OPERATION_INVALID,
         "the guest's group has lost the program that limits "
         "devices; restart the guest");
    return -1;
}

bool
cgroup_program_replace(int group, const GPtrArray *before, const GPtrArray *after, GError **error)
{
    g_auto(Fd) old = program_find(group, error);
    g_auto(Fd) loaded = old >= 0 ? program_make(after, error) : -1;

    return loaded >= 0 && program_attach(group, loaded, old, error);
}
