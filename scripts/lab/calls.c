/*
 * QEMU plugin: logs the calls of some functions, with their first arguments.
 *
 * Six numbers of 64 bits a record: address of the function, instructions so far
 * (under -icount one a nanosecond), and the registers rdi, rsi, rdx and rcx.
 *
 * Arguments: out=FILE, at=ADDRESS (hexadecimal), once for each function.
 *
 * QEMU has no header of this interface in its packages, so what is used of version
 * 4 (QEMU 9.2), and of GLib, is declared here.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))
#define NO_REGISTERS 0
#define READ_REGISTERS 1
#define MOST 64
#define REGISTERS 4

struct qemu_plugin_tb;
struct qemu_plugin_register;
typedef struct { uint8_t *data; unsigned len; } GByteArray;
typedef struct { char *data; unsigned len; } GArray;
struct descriptor { struct qemu_plugin_register *handle; const char *name, *feature; };
typedef void (*on_block)(uint64_t plugin, struct qemu_plugin_tb *block);
typedef void (*on_run)(unsigned cpu, void *data);
extern GByteArray *g_byte_array_new(void);
extern GByteArray *g_byte_array_set_size(GByteArray *array, unsigned length);
extern GArray *qemu_plugin_get_registers(void);
extern int qemu_plugin_read_register(struct qemu_plugin_register *handle, GByteArray *to);
extern void qemu_plugin_register_vcpu_init_cb(uint64_t plugin, void (*call)(uint64_t, unsigned));
extern void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t plugin, on_block call);
extern void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *block, on_run call,
                                                 int registers, void *data);
extern size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *block);
extern uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *block);

EXPORT int qemu_plugin_version = 4;

struct block {
    uint64_t address, instructions;
};

static const char *const names[REGISTERS] = { "rdi", "rsi", "rdx", "rcx" };
static struct qemu_plugin_register *registers[REGISTERS];
static GByteArray *buffer;
static FILE *out;
static uint64_t at[MOST], functions, now;

static void cpu_begins(uint64_t plugin, unsigned cpu)
{
    const GArray *all = qemu_plugin_get_registers();
    const struct descriptor *d = (const void *)all->data;

    buffer = g_byte_array_new();
    for (unsigned i = 0; i < all->len; i++)
        for (int n = 0; n < REGISTERS; n++)
            if (!strcmp(d[i].name, names[n]))
                registers[n] = d[i].handle;
}

static uint64_t value(struct qemu_plugin_register *of)
{
    uint64_t number = 0;

    g_byte_array_set_size(buffer, 0);
    qemu_plugin_read_register(of, buffer);
    memcpy(&number, buffer->data, buffer->len < 8 ? buffer->len : 8);
    return number;
}

static void block_runs(unsigned cpu, void *data)
{
    const struct block *block = data;

    now += block->instructions;
}

static void function_is_called(unsigned cpu, void *data)
{
    const struct block *block = data;
    uint64_t record[2 + REGISTERS] = { block->address, now };

    for (int n = 0; n < REGISTERS; n++)
        record[2 + n] = value(registers[n]);
    fwrite(record, sizeof record, 1, out);
    fflush(out);
    now += block->instructions;
}

static void translated(uint64_t plugin, struct qemu_plugin_tb *tb)
{
    struct block *block = malloc(sizeof *block); /* as long as QEMU runs */
    int is_one = 0;

    block->address = qemu_plugin_tb_vaddr(tb);
    block->instructions = qemu_plugin_tb_n_insns(tb);
    for (uint64_t i = 0; i < functions; i++)
        is_one |= at[i] == block->address;
    qemu_plugin_register_vcpu_tb_exec_cb(tb, is_one ? function_is_called : block_runs,
                                         is_one ? READ_REGISTERS : NO_REGISTERS, block);
}

EXPORT int qemu_plugin_install(uint64_t plugin, const void *info, int argc, char **argv)
{
    for (int i = 0; i < argc; i++) {
        const char *text = strchr(argv[i], '=');

        if (!text)
            return -1;
        text++;
        if (!strncmp(argv[i], "out=", 4))
            out = fopen(text, "wb");
        else if (!strncmp(argv[i], "at=", 3) && functions < MOST)
            at[functions++] = strtoull(text, NULL, 16);
    }
    if (!out)
        return -1;
    qemu_plugin_register_vcpu_init_cb(plugin, cpu_begins);
    qemu_plugin_register_vcpu_tb_trans_cb(plugin, translated);
    return 0;
}
