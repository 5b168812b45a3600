// The peer of `exits` and `start`: the least VMM in C that runs the same guest on the same machine model (in-kernel
// interrupt chips and timer, one vCPU entered in long mode). Reads commands on stdin, one answer per line:
//   exits FILE        runs the guest in FILE until it resets; says the nanoseconds its loop took, and of processor time
//   start FILE MIB    makes a machine of MIB with FILE loaded at 1 MiB, until its first exit; says the nanoseconds
//                     of: all of it, KVM's part (machine, chips, vCPU), reading FILE into new memory
//   net NAME SIZE BATCH ROUNDS   as the peer of `net`: writes batches of frames into a tap, then reads batches out of it;
//                     says the nanoseconds of all writes, and of all reads
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <linux/kvm.h>
#include <net/if.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { HUGE_PAGE = 2 << 20, CODE = 1 << 20, PML4 = 0x9000, PDPT = 0xa000, PD = 0xb000, RESET_PORT = 0x64 };

struct machine {
    int kvm, vm, vcpu;
    size_t run_size, memory_size;
    struct kvm_run *run;
    uint8_t *reservation, *memory;
};

static uint64_t clock_ns(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static uint64_t now(void) { return clock_ns(CLOCK_MONOTONIC); }

static int call(int fd, unsigned long request, const char *name, const void *argument)
{
    int result = ioctl(fd, request, argument);
    if (result < 0) err(1, "%s", name);
    return result;
}
#define CALL(fd, request, argument) call(fd, request, #request, (void *)(argument))

// The same advice as GuestMemory's: 2 MiB-aligned and huge where the host has such pages.
static void map_memory(struct machine *m, size_t size)
{
    m->memory_size = size;
    m->reservation = mmap(NULL, size + HUGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (m->reservation == MAP_FAILED) err(1, "mmap");
    m->memory = (uint8_t *)(((uintptr_t)m->reservation + HUGE_PAGE - 1) & ~(uintptr_t)(HUGE_PAGE - 1));
    madvise(m->memory, size, MADV_HUGEPAGE);
}

static void read_guest(struct machine *m, const char *path)
{
    int fd = open(path, O_RDONLY);
    if (fd < 0) err(1, "%s", path);
    for (ssize_t at = 0, n; (n = pread(fd, m->memory + CODE + at, m->memory_size - CODE - at, at)) != 0; at += n)
        if (n < 0) err(1, "%s", path);
    close(fd);
}

// The first 4 GiB, identity-mapped with 2 MiB pages.
static void write_page_tables(struct machine *m)
{
    uint64_t *pml4 = (void *)(m->memory + PML4), *pdpt = (void *)(m->memory + PDPT), *pd = (void *)(m->memory + PD);
    pml4[0] = PDPT | 3;
    for (uint64_t i = 0; i < 4; i++) pdpt[i] = (PD + i * 4096) | 3;
    for (uint64_t i = 0; i < 4 * 512; i++) pd[i] = i << 21 | 0x83;
}

static void create_vm(struct machine *m)
{
    m->kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
    if (m->kvm < 0) err(1, "/dev/kvm");
    m->vm = CALL(m->kvm, KVM_CREATE_VM, 0);
    uint64_t identity_map = 0xfffbc000;
    CALL(m->vm, KVM_SET_IDENTITY_MAP_ADDR, &identity_map);
    CALL(m->vm, KVM_SET_TSS_ADDR, 0xfffbd000ul);
    struct kvm_userspace_memory_region region = { .memory_size = m->memory_size, .userspace_addr = (uintptr_t)m->memory };
    CALL(m->vm, KVM_SET_USER_MEMORY_REGION, &region);
    CALL(m->vm, KVM_CREATE_IRQCHIP, 0);
    struct kvm_pit_config pit = { .flags = KVM_PIT_SPEAKER_DUMMY };
    CALL(m->vm, KVM_CREATE_PIT2, &pit);
}

static void create_vcpu(struct machine *m)
{
    m->vcpu = CALL(m->vm, KVM_CREATE_VCPU, 0);
    m->run_size = CALL(m->kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
    m->run = mmap(NULL, m->run_size, PROT_READ | PROT_WRITE, MAP_SHARED, m->vcpu, 0);
    if (m->run == MAP_FAILED) err(1, "mmap of the vCPU");

    struct { struct kvm_cpuid2 head; struct kvm_cpuid_entry2 entries[256]; } cpuid = { .head.nent = 256 };
    CALL(m->kvm, KVM_GET_SUPPORTED_CPUID, &cpuid);
    CALL(m->vcpu, KVM_SET_CPUID2, &cpuid);

    struct kvm_sregs sregs;
    CALL(m->vcpu, KVM_GET_SREGS, &sregs);
    struct kvm_segment code = { .limit = ~0u, .selector = 0x10, .type = 11, .present = 1, .s = 1, .l = 1, .g = 1 };
    struct kvm_segment data = { .limit = ~0u, .selector = 0x18, .type = 3, .present = 1, .s = 1, .db = 1, .g = 1 };
    sregs.cs = code;
    sregs.ds = sregs.es = sregs.fs = sregs.gs = sregs.ss = data;
    sregs.cr0 = 0x80050033;
    sregs.cr3 = PML4;
    sregs.cr4 = 0x20;
    sregs.efer = 0x500;
    CALL(m->vcpu, KVM_SET_SREGS, &sregs);
    struct kvm_regs regs = { .rip = CODE, .rflags = 2, .rsp = 0x8000 };
    CALL(m->vcpu, KVM_SET_REGS, &regs);
}

static void destroy(struct machine *m)
{
    munmap(m->run, m->run_size);
    close(m->vcpu);
    close(m->vm);
    close(m->kvm);
    munmap(m->reservation, m->memory_size + HUGE_PAGE);
}

// The least that serves an exit: one register behind every port and address.
static void run_until_reset(struct machine *m)
{
    static uint8_t latch[8];
    struct kvm_run *run = m->run;
    for (;;) {
        if (ioctl(m->vcpu, KVM_RUN, 0) < 0) err(1, "KVM_RUN");
        switch (run->exit_reason) {
        case KVM_EXIT_IO: {
            uint8_t *data = (uint8_t *)run + run->io.data_offset;
            size_t bytes = (size_t)run->io.size * run->io.count;
            if (bytes > sizeof latch) errx(1, "%zu bytes in one exit", bytes);
            if (run->io.direction == KVM_EXIT_IO_IN) memcpy(data, latch, bytes);
            else if (run->io.port == RESET_PORT) return;
            else memcpy(latch, data, bytes);
            break;
        }
        case KVM_EXIT_MMIO:
            if (run->mmio.is_write) memcpy(latch, run->mmio.data, run->mmio.len);
            else memcpy(run->mmio.data, latch, run->mmio.len);
            break;
        default:
            errx(1, "exit %u", run->exit_reason);
        }
    }
}

static void exits(const char *path)
{
    struct machine m;
    map_memory(&m, 16 << 20);
    read_guest(&m, path);
    write_page_tables(&m);
    create_vm(&m);
    create_vcpu(&m);
    uint64_t began = now(), processor = clock_ns(CLOCK_THREAD_CPUTIME_ID);
    run_until_reset(&m);
    printf("%lu %lu\n", now() - began, clock_ns(CLOCK_THREAD_CPUTIME_ID) - processor);
    destroy(&m);
}

static void start(const char *path, size_t mib)
{
    struct machine m;
    uint64_t began = now();
    map_memory(&m, mib << 20);
    read_guest(&m, path);
    write_page_tables(&m);
    uint64_t loaded = now();
    create_vm(&m);
    create_vcpu(&m);
    uint64_t created = now();
    if (ioctl(m.vcpu, KVM_RUN, 0) < 0) err(1, "KVM_RUN");
    uint64_t left = now();
    if (m.run->exit_reason != KVM_EXIT_IO) errx(1, "exit %u", m.run->exit_reason);
    printf("%lu %lu %lu\n", left - began, created - loaded, loaded - began);
    destroy(&m);
}

static int open_tap(const char *name)
{
    int tap = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC), size = 12, control = socket(AF_INET, SOCK_DGRAM, 0);
    struct ifreq request = { .ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR };
    memcpy(request.ifr_name, name, strnlen(name, IFNAMSIZ - 1));
    if (tap < 0 || ioctl(tap, TUNSETIFF, &request) || ioctl(tap, TUNSETVNETHDRSZ, &size)) err(1, "tap %s", name);
    request.ifr_mtu = 65520;
    if (ioctl(control, SIOCSIFMTU, &request)) err(1, "mtu");
    request.ifr_flags = IFF_UP;
    if (ioctl(control, SIOCSIFFLAGS, &request)) err(1, "up");
    close(control);
    return tap;
}

static int open_source(const char *name)
{
    struct sockaddr_ll address = { .sll_family = AF_PACKET, .sll_ifindex = if_nametoindex(name) };
    int source = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
    if (source < 0 || bind(source, (void *)&address, sizeof address)) err(1, "packet socket");
    return source;
}

static void *sleep_for_ever(void *unused) { for (;;) pause(); return unused; }

// Where the guest has its buffers: frames to send one after the other, pages to receive into; each with its header before it.
static void net(const char *name, size_t size, size_t batch, size_t rounds)
{
    static pthread_t other;
    int tap = open_tap(name), source = open_source(name);
    // As every VMM has: with it, the kernel counts who uses a descriptor, and libc's calls can be cancelled.
    if (!other && pthread_create(&other, NULL, sleep_for_ever, NULL)) errx(1, "thread");
    size_t slot = (12 + size + 63) / 64 * 64, page = (12 + size + 4095) / 4096 * 4096;
    uint8_t *frames = mmap(NULL, (slot + page) * batch + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0), *into = frames + (slot * batch + 4095) / 4096 * 4096;
    uint64_t writing = 0, reading = 0;
    for (size_t i = 0; i < batch; i++) memcpy(frames + i * slot + 12, "\2\2\2\2\2\2\4\4\4\4\4\4\x88\xb5", 14); // an experiment's type, which nobody takes
    for (size_t round = 0; round < rounds; round++) {
        uint64_t began = now();
        for (size_t i = 0; i < batch; i++) {
            struct iovec vector = { frames + i * slot, 12 + size };
            if (writev(tap, &vector, 1) < 0) err(1, "write to tap");
        }
        writing += now() - began;
        for (size_t i = 0; i < batch; i++)
            if (write(source, frames + 12, size) < 0) err(1, "write to socket");
        began = now();
        for (size_t i = 0; i < batch; i++) {
            struct iovec pieces[20];
            for (size_t at = 0; at < page; at += 4096) pieces[at / 4096] = (struct iovec){ into + i * page + at, 4096 };
            if (readv(tap, pieces, page / 4096) < 0) err(1, "read from tap");
        }
        reading += now() - began;
    }
    munmap(frames, (slot + page) * batch + 4096);
    close(source);
    close(tap);
    printf("%lu %lu\n", writing, reading); // now others may have a tap of that name
}

int main(void)
{
    char path[4096], name[16];
    size_t mib, size, batch, rounds;
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (char line[5000]; fgets(line, sizeof line, stdin);) {
        if (sscanf(line, "exits %4095s", path) == 1) exits(path);
        else if (sscanf(line, "start %4095s %zu", path, &mib) == 2) start(path, mib);
        else if (sscanf(line, "net %15s %zu %zu %zu", name, &size, &batch, &rounds) == 4) net(name, size, batch, rounds);
        else errx(2, "no such command: %s", line);
    }
    return 0;
}
