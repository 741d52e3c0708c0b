/* The main job in C: weights to an archive in memory, and back to the bit. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "wcodec.h"

/* Ends the program with what was wrong. */
static void check(wcodec_status status)
{
    if (status != WCODEC_STATUS_OK) {
        fprintf(stderr, "%s: %s\n", wcodec_status_code((int32_t)status), wcodec_last_error());
        exit(1);
    }
}

int main(void)
{
    enum { ROWS = 512, COLUMNS = 1024, COUNT = ROWS * COLUMNS };
    static uint16_t weights[COUNT], decoded[COUNT];
    for (int i = 0; i < COUNT; i++) {
        /* BF16 numbers around 0.02. */
        weights[i] = (uint16_t)(0x3c00 + (i * 2654435761u >> 24));
    }

    wcodec_encoder *encoder;
    check(wcodec_encoder_new(&encoder));
    const uint64_t shape[] = {ROWS, COLUMNS};
    const wcodec_tensor tensor = {WCODEC_DTYPE_BF16, 2, shape, weights, sizeof weights};
    wcodec_buffer archive;
    check(wcodec_encoder_compress(encoder, &tensor, &archive));
    wcodec_encoder_free(encoder);

    wcodec_decoder *decoder;
    check(wcodec_decoder_open(WCODEC_DEVICE_AUTO, &decoder));
    wcodec_model *model;
    check(wcodec_model_open_memory(archive.data, archive.length, NULL, &model));
    check(wcodec_model_decode(model, 0, decoder, decoded, sizeof decoded));
    printf("%zu bytes became %zu, and came back on %s\n", sizeof weights, archive.length,
           wcodec_decoder_device(decoder));
    wcodec_model_free(model);
    wcodec_decoder_free(decoder);
    wcodec_buffer_free(&archive);
    return memcmp(weights, decoded, sizeof weights) != 0;
}
