/* In the guest: writes numbered blocks to a disk, each followed by fsync, and says the number when fsync has returned.
   On the host, after the machine was killed: checks that the image has each block up to the last number said. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BLOCK = 4096, WORDS = BLOCK / 8, BLOCKS = 2048 };

static uint64_t block[WORDS], found[WORDS];

static void fill(uint64_t number)
{
    for (int i = 0; i < WORDS; i++) block[i] = number * 0x9e3779b97f4a7c15 + i;
    block[0] = number;
}

static int fail(const char *what)
{
    perror(what);
    return 1;
}

static int produce(int disk)
{
    for (uint64_t number = 1;; number++) {
        fill(number);
        if (pwrite(disk, block, BLOCK, number % BLOCKS * BLOCK) != BLOCK) return fail("pwrite");
        if (fsync(disk)) return fail("fsync");
        dprintf(1, "<%lu>\n", number);
    }
}

static int check(int image, uint64_t last)
{
    for (uint64_t number = last > BLOCKS - 2 ? last - (BLOCKS - 2) : 1; number <= last; number++) {
        fill(number);
        if (pread(image, found, BLOCK, number % BLOCKS * BLOCK) != BLOCK) return fail("pread");
        if (memcmp(block, found, BLOCK)) return printf("block %lu of %lu is not there\n", number, last), 1;
    }
    return 0;
}

int main(int argc, char **argv)
{
    int disk = argc < 2 ? -1 : open(argv[1], argc > 2 ? O_RDONLY : O_RDWR);
    if (disk < 0) return fail(argc < 2 ? "usage: durability DISK [LAST]" : argv[1]);
    return argc > 2 ? check(disk, strtoull(argv[2], NULL, 10)) : produce(disk);
}
