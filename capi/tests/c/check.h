/* Assertions of the test programs. */
#ifndef CHECK_H
#define CHECK_H
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "wcodec.h"

#define CHECK(condition)                                                                  \
    do {                                                                                  \
        if (!(condition)) {                                                               \
            fprintf(stderr, "%s:%d: not so: %s (last error: %s)\n", __FILE__, __LINE__,   \
                    #condition, wcodec_last_error());                                     \
            exit(1);                                                                      \
        }                                                                                 \
    } while (0)

#define OK(call) CHECK((call) == WCODEC_STATUS_OK)

/* Asserts that a call fails with a status, and that the message says why. */
#define FAILS(call, status_, part)                                                        \
    do {                                                                                  \
        wcodec_status status__ = (call);                                                  \
        if (status__ != WCODEC_STATUS_##status_ || !strstr(wcodec_last_error(), (part))) { \
            fprintf(stderr, "%s:%d: %s: %s: %s\n", __FILE__, __LINE__, #call,              \
                    wcodec_status_code((int32_t)status__), wcodec_last_error());           \
            exit(1);                                                                      \
        }                                                                                 \
    } while (0)

/* Numbers that look random, the same each time. */
static inline uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

/* BF16 weights with exponents around that of 0.02: neither constant nor random bytes. */
static inline void fill_bf16(uint16_t *weights, size_t count, uint32_t seed)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t random = next_random(&seed);
        uint32_t exponent = 121 - (uint32_t)__builtin_ctz(random | 0x100);
        weights[i] = (uint16_t)((random >> 23 & 1) << 15 | exponent << 7 | (random >> 9 & 0x7f));
    }
}

static inline bool exists(const char *name)
{
    FILE *file = fopen(name, "rb");
    if (file) fclose(file);
    return file != NULL;
}

/* The bytes of a file, which leave some of the room. */
static inline long read_all(const char *name, char *bytes, long room)
{
    FILE *file = fopen(name, "rb");
    CHECK(file);
    long length = (long)fread(bytes, 1, (size_t)room, file);
    CHECK(length < room && feof(file));
    fclose(file);
    return length;
}
#endif
