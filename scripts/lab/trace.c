/*
 * QEMU plugin: logs which translation blocks run, and when.
 *
 * Under -icount a block of n instructions takes n ns, so the number of
 * instructions so far is the time. Two numbers of 64 bits a record: address of the
 * block, and time; address 1 is the instruction that reads the time stamp counter.
 * A block that a fault cuts short counts as a whole.
 *
 * Arguments: out=FILE, mark=ADDRESS, at=ADDRESS (hexadecimal), first=N, last=M: logs
 * from the N-th to the M-th time that the function `at` is entered after `mark`.
 *
 * QEMU has no header of this interface in its packages, so what is used of version
 * 4 (QEMU 9.2) is declared here.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))
#define NO_REGISTERS 0
#define READ_CLOCK 1

struct qemu_plugin_tb;
struct qemu_plugin_insn;
typedef void (*on_block)(uint64_t plugin, struct qemu_plugin_tb *block);
typedef void (*on_run)(unsigned cpu, void *data);
extern void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t plugin, on_block call);
extern void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *block, on_run call,
                                                 int registers, void *data);
extern void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn, on_run call,
                                                   int registers, void *data);
extern size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *block);
extern uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *block);
extern struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *block,
                                                        size_t index);
extern size_t qemu_plugin_insn_data(const struct qemu_plugin_insn *insn, void *to, size_t length);

EXPORT int qemu_plugin_version = 4;

struct block {
    uint64_t address, instructions;
};

static FILE *out;
static uint64_t mark, at, first, last;
static uint64_t now, hits;
static int marked, logging;

static void record(uint64_t address, uint64_t time)
{
    uint64_t pair[2] = { address, time };

    if (logging)
        fwrite(pair, sizeof pair, 1, out);
}

static void block_runs(unsigned cpu, void *data)
{
    const struct block *block = data;
    int entered = marked && block->address == at;

    if (entered && ++hits == first)
        logging = 1;
    record(block->address, now);
    if (entered && hits == last) {
        logging = 0;
        fflush(out);
    }
    if (block->address == mark)
        marked = 1;
    now += block->instructions;
}

/* The block has been counted as a whole: `rest` of its instructions are to come. */
static void clock_is_read(unsigned cpu, void *rest)
{
    record(READ_CLOCK, now - (uintptr_t)rest);
}

static int reads_clock(const struct qemu_plugin_insn *insn)
{
    unsigned char code[3] = { 0 };

    qemu_plugin_insn_data(insn, code, sizeof code);
    return !memcmp(code, "\x0f\x31", 2) || !memcmp(code, "\x0f\x01\xf9", 3); /* rdtsc, rdtscp */
}

static void translated(uint64_t plugin, struct qemu_plugin_tb *tb)
{
    struct block *block = malloc(sizeof *block); /* as long as QEMU runs */

    block->address = qemu_plugin_tb_vaddr(tb);
    block->instructions = qemu_plugin_tb_n_insns(tb);
    qemu_plugin_register_vcpu_tb_exec_cb(tb, block_runs, NO_REGISTERS, block);
    for (uint64_t i = 0; i < block->instructions; i++) {
        struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
        uintptr_t rest = block->instructions - i;

        if (reads_clock(insn))
            qemu_plugin_register_vcpu_insn_exec_cb(insn, clock_is_read, NO_REGISTERS, (void *)rest);
    }
}

EXPORT int qemu_plugin_install(uint64_t plugin, const void *info, int argc, char **argv)
{
    for (int i = 0; i < argc; i++) {
        const char *value = strchr(argv[i], '=');

        if (!value)
            return -1;
        value++;
        if (!strncmp(argv[i], "out=", 4))
            out = fopen(value, "wb");
        else if (!strncmp(argv[i], "mark=", 5))
            mark = strtoull(value, NULL, 16);
        else if (!strncmp(argv[i], "at=", 3))
            at = strtoull(value, NULL, 16);
        else if (!strncmp(argv[i], "first=", 6))
            first = strtoull(value, NULL, 10);
        else if (!strncmp(argv[i], "last=", 5))
            last = strtoull(value, NULL, 10);
    }
    if (!out)
        return -1;
    qemu_plugin_register_vcpu_tb_trans_cb(plugin, translated);
    return 0;
}
